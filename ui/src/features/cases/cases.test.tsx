import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openWindow } from "../../test/window";

describe("cases", () => {
  it("are made, renamed and forgotten for good after asking", async () => {
    const { backend, user } = await openWindow("cases", { library: "empty" });
    await user.click(await screen.findByRole("button", { name: "New case" }));
    await user.type(await screen.findByRole("textbox", { name: "Name" }), "Quay{Enter}");
    expect(await screen.findByRole("heading", { name: "Quay" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Actions for this case" }));
    await user.click(await screen.findByRole("menuitem", { name: "Forget this case…" }));
    await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Forget for good" }));
    expect(await screen.findByRole("heading", { name: "No cases yet" })).toBeVisible();
    expect(backend.calls.map(([name]) => name)).toEqual(["createCase", "forgetCase"]);
  });

  it("keep notes while they are typed", async () => {
    const { backend, user } = await openWindow("cases/2");
    await user.type(await screen.findByRole("textbox", { name: "Notes" }), "call back");
    expect(await screen.findByText("Saved")).toBeVisible();
    expect(backend.calls).toContainEqual(["saveCaseNote", 2, "call back"]);
  });

  it("say when a note could not be kept", async () => {
    const { backend, user } = await openWindow("cases/2");
    const notes = await screen.findByRole("textbox", { name: "Notes" });
    backend.failNext("saveCaseNote", { code: "storage", message: "disk full", path: null });
    await user.type(notes, "x");
    expect(await screen.findByText("Not saved")).toBeVisible();
  });

  it("flag a file that changed since it was examined", async () => {
    await openWindow("cases/1", { integrity: "changed" });
    await waitFor(() => expect(screen.getAllByText("changed")).toHaveLength(2));
  });

  it("search names, files and notes", async () => {
    const { user } = await openWindow("cases/1");
    await user.type(await screen.findByRole("searchbox"), "jaw");
    await user.click(await screen.findByRole("row", { name: "clip_2211_portside.mp4" }));
    await waitFor(() => expect(window.location.hash).toBe("#/analysis/1"));
  });

  it("give dropped files to the case that is open", async () => {
    const { backend, user } = await openWindow("cases/2");
    await user.click(await screen.findByRole("button", { name: "Add files…" }));
    await waitFor(() => expect(backend.calls.find(([name]) => name === "enqueue")?.[2]).toBe(2));
  });
});

import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openWindow, tick } from "../../test/window";
import { chooseRow, move } from "./choose";

const names = (): (string | null)[] => screen.getAllByRole("row").slice(1).map((r) => r.querySelector(".cell--name")?.textContent ?? null);

describe("the queue", () => {
  it("shows ten thousand rows by drawing a handful", async () => {
    await openWindow("batch", { queued: 10_000 });
    const grid = await screen.findByRole("grid", { name: "Files in the queue" });
    expect(grid).toHaveAttribute("aria-rowcount", "10001");
    expect(within(grid).getAllByRole("row").length).toBeLessThan(60);
    expect(screen.getByText(/of 10000 done|of 10,000 done/)).toBeVisible();
  });

  it("tells verdicts, states and errors in words", async () => {
    await openWindow("batch", { queued: 40 });
    await screen.findByRole("grid");
    expect(screen.getByRole("row", { name: /0041_balcony/ })).toHaveTextContent("Inconclusive");
    expect(screen.getByRole("row", { name: /0046_truncated/ })).toHaveTextContent("copy it again from its source");
    expect(screen.getByRole("row", { name: /0049_portrait/ })).toHaveTextContent("same file, examined before");
  });

  it("filters by verdict and search, and sorts", async () => {
    const { user } = await openWindow("batch", { queued: 40 });
    await user.click(await screen.findByRole("button", { name: /suspected/ }));
    expect(names()[0]).toBe("0057_forwarded.3gp");
    screen.getAllByRole("row").slice(1).forEach((r) => expect(r).toHaveTextContent("Suspected"));
    await user.click(screen.getByRole("button", { name: /suspected/ }));
    await user.type(screen.getByRole("searchbox", { name: "Search names and folders" }), "podium.");
    expect(names()).toEqual(["0047_podium.mp4", "0059_podium.mp4", "0071_podium.mp4"]);
    await user.click(screen.getByRole("button", { name: "Name" }));
    await user.click(screen.getByRole("button", { name: "Name" }));
    expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "descending");
    expect(names()[0]).toBe("0071_podium.mp4");
  });

  it("offers a way back when nothing matches", async () => {
    const { user } = await openWindow("batch", { queued: 10 });
    await user.type(await screen.findByRole("searchbox"), "zzz");
    await user.click(screen.getByRole("button", { name: "Show all" }));
    expect(names()).toHaveLength(10);
  });

  it("can be paused, resumed and cancelled", async () => {
    const { backend, user } = await openWindow("batch", { queued: 20 });
    await user.click(await screen.findByRole("button", { name: "Pause" }));
    await user.click(await screen.findByRole("button", { name: "Resume" }));
    await user.click(screen.getByRole("button", { name: "Cancel all" }));
    await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Cancel all" }));
    expect(backend.calls.map(([name]) => name)).toEqual(["pauseQueue", "resumeQueue", "cancelQueued"]);
    expect(await screen.findByText("All done")).toBeVisible();
  });

  it("retries, removes and exports", async () => {
    const { backend, user } = await openWindow("batch", { queued: 20 });
    await user.click(await screen.findByRole("row", { name: /0046_truncated/ }));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(backend.calls).toContainEqual(["retryQueued", [6]]);
    await user.click(screen.getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(screen.queryByRole("row", { name: /0046_truncated/ })).toBeNull());
    await user.click(screen.getByRole("button", { name: "Export" }));
    await user.click(await screen.findByRole("menuitem", { name: "Table (CSV)" }));
    expect(await screen.findByText("Written to facefiction-queue.csv")).toBeVisible();
  });

  it("opens an analysis with a double click or Enter", async () => {
    const { user } = await openWindow("batch", { queued: 5 });
    await user.dblClick(await screen.findByRole("row", { name: /0041_balcony/ }));
    await waitFor(() => expect(window.location.hash).toBe("#/analysis/1"));
    window.location.hash = "#/batch";
    const grid = await screen.findByRole("grid");
    grid.focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{Enter}");
    await waitFor(() => expect(window.location.hash).toBe("#/analysis/1"));
  });

  it("says when it is done, wherever one is", async () => {
    const { backend } = await openWindow("settings", { queued: 3, stepFrames: 5000 });
    await tick(backend, 2);
    expect(await screen.findByText(/The queue is done: .*1 suspected/)).toBeVisible();
  });

  it("is an invitation while it is empty", async () => {
    await openWindow("batch");
    expect(await screen.findByRole("heading", { name: "The queue is empty" })).toBeVisible();
  });
});

describe("choosing rows", () => {
  const rows = [1, 2, 3, 4, 5].map((id) => ({ id })) as Parameters<typeof chooseRow>[0];
  it("takes one, a range, or one more and one less", () => {
    expect([...chooseRow(rows, new Set([9]), null, 2, { shift: false, toggle: false })]).toEqual([2]);
    expect([...chooseRow(rows, new Set(), 4, 2, { shift: true, toggle: false })]).toEqual([2, 3, 4]);
    expect([...chooseRow(rows, new Set([1]), 1, 3, { shift: false, toggle: true })]).toEqual([1, 3]);
    expect([...chooseRow(rows, new Set([1, 3]), 1, 3, { shift: false, toggle: true })]).toEqual([1]);
  });
  it.each([["ArrowDown", -1, 0], ["ArrowDown", 4, 4], ["ArrowUp", 2, 1], ["PageDown", 0, 3], ["End", 0, 4], ["Home", 3, 0], ["x", 3, null]])("%s from %i", (key, at, to) => expect(move(key, at, 5, 3)).toBe(to));
});

import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { ReportOptions } from "../../ipc/bindings";
import { someSelection } from "../../ipc/fake";
import { type Opened, openWindow } from "../../test/window";
import { moment } from "./options";

/** At once: a key at a time takes long in a dialog of this size. */
async function fill(user: Opened["user"], field: HTMLElement, text: string): Promise<void> {
  await user.click(field);
  await user.paste(text);
}

const wanted = (calls: [string, ...unknown[]][], name: string): ReportOptions => calls.find(([command]) => command === name)?.[2] as ReportOptions;

describe("a report", () => {
  it("is written with what was chosen", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Report…" }));
    const dialog = screen.getByRole("dialog", { name: "Report" });
    await user.click(within(dialog).getByRole("radio", { name: "Page one only" }));
    await user.click(within(dialog).getByRole("switch", { name: /^Mask other people and names/ }));
    await fill(user, within(dialog).getByRole("textbox", { name: "Question asked" }), "Is the speaker's face altered?");
    await fill(user, within(dialog).getByRole("textbox", { name: "Examined by" }), "A. Desk");
    expect(within(dialog).getByRole("textbox", { name: "Case" })).toHaveValue("Harbour statement");
    expect(within(dialog).getByRole("textbox", { name: "Notes" })).toHaveValue("The speaker’s jaw looks soft from 0:14 on. Compare with the agency’s own recording.");
    await user.click(within(dialog).getByRole("button", { name: "Save as PDF…" }));
    expect(await screen.findByText("Written: clip_2211_portside.mp4.pdf")).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(wanted(backend.calls, "exportReport")).toMatchObject({ language: "en", extent: "summary", redaction: "on", question: "Is the speaker's face altered?", author: "A. Desk", caseName: "Harbour statement", firstOpinion: "", firstOpinionAt: null });
  });

  it("opens by key and shows page one on demand, and says when the choices have changed since", async () => {
    const { user } = await openWindow("analysis/1");
    await screen.findByRole("region", { name: "Result" });
    await user.keyboard("r");
    const dialog = await screen.findByRole("dialog", { name: "Report" });
    expect(dialog).toHaveTextContent("Where the detectors looked was not computed for this analysis; the report will say so.");
    await user.click(within(dialog).getByRole("button", { name: "Preview page one" }));
    expect(await within(dialog).findByRole("img", { name: "Page one of the report" })).toBeVisible();
    expect(within(dialog).getByText("9 pages, 7 pictures")).toBeVisible();
    await user.click(within(dialog).getByRole("radio", { name: "Page one only" }));
    expect(within(dialog).getByText(/The preview shows other choices/)).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Update the preview" }));
    expect(await within(dialog).findByText("1 page, 7 pictures")).toBeVisible();
  });

  it("asks when a first opinion was written down", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Report…" }));
    expect(screen.queryByLabelText("Written down on")).toBeNull();
    await fill(user, screen.getByRole("textbox", { name: "First opinion" }), "looks odd");
    fireEvent.change(screen.getByLabelText("Written down on"), { target: { value: "2026-11-21T14:02" } });
    await user.click(screen.getByRole("button", { name: "Save as PDF…" }));
    await waitFor(() => expect(wanted(backend.calls, "exportReport")).toMatchObject({ firstOpinion: "looks odd", firstOpinionAt: moment("2026-11-21T14:02") }));
    expect(moment("nonsense")).toBeNull();
  });

  it("replaces nothing", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Report…" }));
    backend.failNext("exportReport", { code: "alreadyThere", message: "already there", path: null });
    await user.click(screen.getByRole("button", { name: "Save as PDF…" }));
    expect(await screen.findByText(/There is something of that name already, and nothing is replaced/)).toBeInTheDocument();
    expect(screen.getByRole("dialog", { name: "Report" })).toBeVisible();
  });

  it("can be stopped", async () => {
    const { backend, user } = await openWindow("analysis/1", { errands: new Promise(() => undefined) });
    await user.click(await screen.findByRole("button", { name: "Report…" }));
    await user.click(screen.getByRole("button", { name: "Save as PDF…" }));
    expect(await screen.findByRole("progressbar", { name: "Writing…" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(backend.calls).toContainEqual(["cancelErrand", 1]);
  });
});

describe("an evidence package", () => {
  it("is written and says with which key it was sealed", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Evidence package…" }));
    const dialog = screen.getByRole("dialog", { name: "Evidence package" });
    await user.click(within(dialog).getByRole("radio", { name: "Folder" }));
    await user.click(within(dialog).getByRole("button", { name: "Save package…" }));
    expect(await screen.findByText(/Sealed with the key 9f2c 41ab .* by another way than the package/)).toBeVisible();
    expect(backend.calls.find(([name]) => name === "exportPackage")?.[3]).toBe("folder");
  });

  it("that is dropped is checked rather than examined", async () => {
    const { backend, user } = await openWindow("");
    const dropped = someSelection({ id: 9, package: "harbour.zip", names: [], videos: 0 });
    await act(async () => backend.hover(dropped));
    expect(screen.getByText("Let go to check this package")).toBeVisible();
    await act(async () => backend.drop(dropped));
    const dialog = await screen.findByRole("dialog", { name: "Evidence package harbour.zip" });
    expect(await within(dialog).findByText("The package is as it was sealed.")).toBeVisible();
    expect(dialog).toHaveTextContent("The examined file is not at hand. The scores were not computed again.");
    expect(dialog).toHaveTextContent("Compare this fingerprint with the one that the sender told you by another way");
    expect(backend.calls).toContainEqual(["verifyPackage", 9]);
    await user.click(within(dialog).getByRole("button", { name: "Show the examined file…" }));
    expect(await within(dialog).findByText(/The same verdict; 412 raw outputs compared, at most 0\.000020 apart, 0\.001 allowed/)).toBeVisible();
    expect(backend.calls.some(([name]) => name === "enqueue")).toBe(false);
  });

  it("that was touched names what changed", async () => {
    const { user } = await openWindow("", { check: { problems: [{ kind: "changed", file: "exhibits/p02-face.jpg" }, { kind: "logBroken", entry: 3 }, { kind: "otherModels" }, { kind: "tolerance", asked: "0.0011" }] } });
    await user.click(screen.getByRole("button", { name: "Check a package…" }));
    await user.click(await screen.findByRole("menuitem", { name: "One file (zip)…" }));
    const list = await screen.findByRole("list", { name: "What is different" });
    expect(within(list).getAllByRole("listitem").map((li) => li.textContent)).toEqual([
      "changed since it was sealed: exhibits/p02-face.jpg", "the log does not fit together from entry 3 on", "manifest and analysis name different models",
      "the manifest lets raw outputs differ by 0.0011, more than this program allows",
    ]);
    expect(screen.getByText("The package is not as it was sealed.")).toBeVisible();
  });

  it("that cannot be read says so", async () => {
    const { backend, user } = await openWindow("");
    backend.failNext("verifyPackage", { code: "unsupported", message: "not a zip file", path: null });
    await user.click(screen.getByRole("button", { name: "Check a package…" }));
    await user.click(await screen.findByRole("menuitem", { name: "A folder…" }));
    expect(await screen.findByText("This cannot be read as an evidence package.")).toBeVisible();
  });
});

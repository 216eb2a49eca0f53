import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openWindow, tick } from "../../test/window";

const time = (): string => document.querySelector(".transport__time")?.textContent ?? "";

describe("an analysis", () => {
  it("answers in words with its limits beside, never with a percentage", async () => {
    await openWindow("analysis/1");
    const answer = await screen.findByRole("region", { name: "Result" });
    expect(answer).toHaveTextContent("Manipulation suspected: person 2");
    expect(answer).toHaveTextContent("give moderate support to the proposition that the face was altered or generated");
    expect(answer).toHaveTextContent("In its validation the method manipulated-faces raised 2 false alarms on 232 real samples.");
    expect(answer).toHaveTextContent("Recognises only kinds of manipulation like those it was tested on.");
    expect(document.body.textContent).not.toContain("%");
  });

  it("tells what the methods did on files of the same kind, and which of them came without such figures", async () => {
    await openWindow("analysis/1");
    const kinds = (await screen.findByRole("heading", { name: "On files like this one" })).closest("section") as HTMLElement;
    expect(kinds).toHaveTextContent("Person 1: Of 212 real samples with faces of this size (128 to 192 pixels wide), wrongly suspected: 1. Of 198 manipulated ones, found: 61.");
    expect(kinds).toHaveTextContent("Of 301 real samples as compressed as this (block noise under 1.05), wrongly suspected: 3. No manipulated one was tried.");
    expect(kinds).toHaveTextContent("No figures for files of this kind came with Generated faces.");
  });

  it("shows each person, with the reason where nothing can be said", async () => {
    await openWindow("analysis/1");
    const person = await screen.findByRole("button", { name: /^Person 3 .*Inconclusive/ });
    expect(person).toHaveTextContent("Too few usable images, too small, turned away");
    expect(screen.getByRole("button", { name: /^Person 2 .*Suspected/ })).toHaveTextContent("What stands out: 0:14 to 0:33.");
  });

  it("says whose answer rests on a second look", async () => {
    await openWindow("analysis/1", { decidedOnSome: [1] });
    expect(await screen.findByRole("button", { name: /^Person 2 / })).toHaveTextContent("rests on a second look at some of these pictures");
    expect(screen.getByRole("button", { name: /^Person 1 / })).not.toHaveTextContent("second look");
  });

  it("has the timeline as a table", async () => {
    const { user } = await openWindow("analysis/1");
    const table = await screen.findByRole("table", { name: /stretch by stretch/ });
    const rows = within(table).getAllByRole("row").map((r) => r.textContent);
    expect(rows).toContain("10:29.8000:31.800Nothing usable: turned away");
    expect(rows).toContain("20:14.2000:32.800Suspected");
    await user.click(screen.getByRole("button", { name: "As a table" }));
    await user.click(screen.getByRole("button", { name: "0:14.200" }));
    expect(time()).toContain("00:00:14.200");
  });

  it("is driven from the keyboard", async () => {
    const { user } = await openWindow("analysis/1");
    await screen.findByRole("region", { name: "Result" });
    await waitFor(() => expect(time()).toContain("25 fps"));
    await user.keyboard("n");
    expect(time()).toContain("00:00:14.200 · frame 355");
    await user.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(time()).toContain("frame 356");
    await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
    expect(time()).toContain("00:00:15.240");
    await user.keyboard("3");
    expect(screen.getByRole("button", { name: /^Person 3 .*Inconclusive/ })).toHaveAttribute("aria-pressed", "true");
    await user.keyboard("{Home}");
    expect(time()).toContain("00:00:00.000 · frame 0");
    expect(screen.getByRole("slider", { name: "Position in the clip" })).toHaveAttribute("aria-valuetext", "0:00.000, frame 0");
  });

  it("fills while it runs and stands as an answer when done, on the same screen", async () => {
    const { backend, user } = await openWindow("", { stepFrames: 60 });
    await user.click(screen.getByRole("button", { name: "Open files…" }));
    await tick(backend, 1);
    expect(await screen.findByRole("button", { name: /^Person 1 .*Examining/ })).toHaveTextContent("60 of 60 faces usable");
    expect(screen.queryByText(/Manipulation suspected/)).toBeNull();
    await tick(backend, 4);
    expect(await screen.findByRole("heading", { name: "Manipulation suspected: person 2" })).toBeVisible();
    expect(time()).toContain("00:00:47.800");
  });

  it("can be stopped, and what was seen is not called an answer", async () => {
    const { backend, user } = await openWindow("");
    await user.click(screen.getByRole("button", { name: "Open files…" }));
    await tick(backend, 2);
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("heading", { name: "Cancelled" })).toBeVisible();
    expect(screen.getByText(/it is not an answer/)).toBeVisible();
  });

  it("says in words why a file failed", async () => {
    const { backend, user } = await openWindow("");
    await user.click(screen.getByRole("button", { name: "Open files…" }));
    await tick(backend, 1);
    backend.queue.fail(1, { code: "decodeFailed", message: "moov atom not found" });
    expect(await screen.findByText(/cannot be decoded/)).toBeVisible();
  });

  it("flags a file that moved and takes it back only when it is the same", async () => {
    const { backend, user } = await openWindow("analysis/1", { integrity: "missing" });
    expect(await screen.findByText("The file is no longer where it was")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show where it is…" }));
    await waitFor(() => expect(screen.queryByText("The file is no longer where it was")).toBeNull());
    expect(backend.calls).toContainEqual(["locateEvidence", 1]);
  });

  it("keeps a note while it is typed and when the screen is left", async () => {
    const { backend, user } = await openWindow("analysis/2");
    await user.click(await screen.findByRole("button", { name: "Add note" }));
    const note = screen.getByRole("textbox", { name: "Note on this analysis" });
    await waitFor(() => expect(note).toHaveFocus());
    await user.type(note, "ask the agency");
    await user.click(screen.getByRole("link", { name: "Home" }));
    await waitFor(() => expect(backend.calls).toContainEqual(["saveAnalysisNote", 2, "ask the agency"]));
  });

  it("of a photo has no transport and no timeline", async () => {
    await openWindow("analysis/2");
    expect(await screen.findByRole("heading", { name: "No indication found by the methods applied" })).toBeVisible();
    expect(screen.queryByRole("toolbar", { name: "Playback" })).toBeNull();
    expect(screen.getByText(/finding nothing is not evidence that nothing was done/)).toBeVisible();
  });

  it("moves to a case", async () => {
    const { backend, user } = await openWindow("analysis/2");
    await user.click(await screen.findByRole("button", { name: "Move to case" }));
    await user.click(await screen.findByRole("menuitem", { name: "Rally, Saturday" }));
    expect(backend.calls).toContainEqual(["moveToCase", [2], 2]);
    expect(await screen.findByRole("link", { name: "Rally, Saturday" })).toBeVisible();
  });

  it("that is gone says so", async () => {
    await openWindow("analysis/77");
    expect(await screen.findByText("It is not there any more.")).toBeVisible();
  });
});

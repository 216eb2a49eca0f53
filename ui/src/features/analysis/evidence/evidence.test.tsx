import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openWindow, tick } from "../../../test/window";

const section = (): HTMLElement => screen.getByRole("region", { name: "Where the detectors looked" });
const maps = (): string[] => [...document.querySelectorAll("image")].map((i) => i.getAttribute("opacity") ?? "");

describe("where the detectors looked", () => {
  it("is computed when it is asked for, with progress, and stays", async () => {
    const { backend, user } = await openWindow("analysis/1", { stepFrames: 100 });
    await user.click(await screen.findByRole("button", { name: "Show where they looked" }));
    expect(backend.calls).toContainEqual(["explainAnalysis", 1]);
    expect(screen.queryByRole("button", { name: "Heat map H" })).toBeNull();
    await tick(backend, 1);
    expect(within(section()).getByRole("progressbar", { name: "Looking again…" })).toBeVisible();
    await tick(backend, 3);
    expect(await within(section()).findByText(/Of this score, most comes from the mouth \(\+1\.84\)/)).toBeVisible();
    expect(within(section()).getByText(/more than in 39 of 39 random areas of the same size/)).toBeVisible();
    const bars = within(section()).getByRole("list", { name: "How much of the score comes from where" });
    expect(within(bars).getAllByRole("listitem").map((li) => li.textContent)[0]).toBe("mouth+1.84");
    expect(within(bars).getByText("−0.22")).toBeVisible();
  });

  it("can be stopped and asked for again", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Show where they looked" }));
    await tick(backend, 1);
    await user.click(within(section()).getByRole("button", { name: "Stop" }));
    expect(await screen.findByRole("button", { name: "Show where they looked" })).toBeVisible();
  });

  it("that failed is said in words", async () => {
    const { backend, user } = await openWindow("analysis/1");
    await user.click(await screen.findByRole("button", { name: "Show where they looked" }));
    await tick(backend, 1);
    backend.queue.fail(1, { code: "decodeFailed", message: "no face of the analysis was found again" });
    expect(await screen.findByText("Where the detectors looked: cannot be decoded")).toBeVisible();
  });

  it("is not offered for a file that is not the one examined", async () => {
    await openWindow("analysis/1", { integrity: "missing" });
    expect(await screen.findByText("It needs the file as it was examined.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Show where they looked" })).toBeNull();
  });

  it("lies over the frame at the moment it is about, as opaque as wished", async () => {
    const { user } = await openWindow("analysis/1", { explained: true });
    const moments = await screen.findByRole("group", { name: "Moments" });
    const [first] = within(moments).getAllByRole("button", { pressed: true });
    expect(maps()).toEqual([]);
    await user.click(first as HTMLElement);
    expect(screen.getByRole("button", { name: /^Heat map/ })).toHaveAttribute("aria-pressed", "true");
    const opacity = screen.getByRole("slider", { name: "Opacity" });
    opacity.focus();
    await user.keyboard("{ArrowRight}");
    expect(screen.getByText("7 of 10")).toBeVisible();
    await user.keyboard("h");
    expect(screen.queryByRole("slider", { name: "Opacity" })).toBeNull();
  });

  it("of a map that means nothing says so in words and shows none", async () => {
    const { user } = await openWindow("analysis/1", { explained: true });
    const moments = await screen.findByRole("group", { name: "Moments" });
    await user.click(within(moments).getByRole("button", { pressed: false }));
    expect(within(section()).getByText(/The map is withheld.*only 21 of 39 random areas/)).toBeVisible();
  });

  it("changes with the person who is chosen", async () => {
    const { user } = await openWindow("analysis/1", { explained: true });
    expect(await within(section()).findByRole("heading", { name: /^Person 2, / })).toBeVisible();
    await user.click(screen.getByRole("button", { name: /^Person 1 / }));
    expect(within(section()).getByRole("heading", { name: /^Person 1, / })).toBeVisible();
  });
});

describe("the method", () => {
  it("says whether a suspicion survives re-encoding", async () => {
    await openWindow("analysis/1");
    const ladder = await screen.findByRole("region", { name: "Does it survive re-encoding?" });
    expect(within(ladder).getByRole("img", { name: /^as it is: Suspected, score 0\.9\d; JPEG 75: Suspected/ })).toBeVisible();
    expect(ladder).toHaveTextContent(/The suspicion grows weaker on .*, but does not turn into its opposite/);
  });

  it("tells what it said of known samples", async () => {
    const { user } = await openWindow("analysis/1");
    expect(await screen.findByText(/2 known samples were scored on this device; all came out as expected/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Known samples" }));
    const table = screen.getByRole("table", { name: /in raw units/ });
    await waitFor(() => expect(within(table).getByRole("row", { name: "generated.png generated 2.871 2.871" })).toBeVisible());
  });
});

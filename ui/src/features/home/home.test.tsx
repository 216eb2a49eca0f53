import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { someSelection } from "../../ipc/fake";
import { openWindow, tick } from "../../test/window";

describe("home", () => {
  it("invites to drop or open, and shows what was examined lately with its verdict in words", async () => {
    await openWindow();
    expect(screen.getByRole("heading", { name: "Drop a photo, a video or a folder" })).toBeVisible();
    const recent = await screen.findByRole("link", { name: /clip_2211_portside\.mp4/ });
    expect(recent).toHaveTextContent("Suspected");
    expect(screen.getByRole("link", { name: /IMG_4471/ })).toHaveTextContent("No indication");
  });

  it("explains a verdict in three sentences until they were read", async () => {
    const { backend, user } = await openWindow("", { library: "empty" });
    await user.click(screen.getByRole("button", { name: "Understood" }));
    expect(backend.calls.at(-1)).toMatchObject(["saveSettings", { explained: true }]);
    await waitFor(() => expect(screen.queryByRole("button", { name: "Understood" })).toBeNull());
    expect(screen.getByText(/often the right one/)).toBeVisible();
  });

  it("says what will be taken and skipped while files are held over the window", async () => {
    const { backend } = await openWindow();
    act(() => backend.hover(someSelection({ images: 12, videos: 3, folders: 2, skipped: [{ name: "notes.docx", reason: "notMedia" }], skippedCount: 4 })));
    const veil = screen.getByText("Let go to examine").closest('[role="status"]') as HTMLElement;
    expect(veil).toHaveTextContent("12 photos and 3 videos from 2 folders");
    expect(veil).toHaveTextContent("4 files will be skipped");
    expect(veil).toHaveTextContent("not a photo or a video");
    expect(veil).toHaveTextContent("and 3 more");
    act(() => backend.hover(null));
    expect(screen.queryByText("Let go to examine")).toBeNull();
  });

  it("starts one file at once and shows it being examined", async () => {
    const { backend, user } = await openWindow();
    await user.click(screen.getByRole("button", { name: "Open files…" }));
    await waitFor(() => expect(window.location.hash).toBe("#/analysis/job/1"));
    await tick(backend, 2);
    expect(await screen.findByRole("heading", { name: "Examining…" })).toBeVisible();
  });

  it("asks before it starts when something would be skipped", async () => {
    const { backend, user } = await openWindow();
    act(() => backend.drop(someSelection({ id: 7, videos: 2, names: ["a.mp4", "b.mp4"], skipped: [{ name: "empty.mp4", reason: "empty" }], skippedCount: 1 })));
    const dialog = await screen.findByRole("dialog", { name: "Before it starts" });
    expect(dialog).toHaveTextContent("2 videos");
    expect(dialog).toHaveTextContent("empty.mp4");
    expect(backend.calls.filter(([name]) => name === "enqueue")).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Start" }));
    await waitFor(() => expect(window.location.hash).toBe("#/batch"));
    expect(backend.calls).toContainEqual(["enqueue", 7, null]);
  });

  it("does not start when there is nothing to examine", async () => {
    const { backend } = await openWindow();
    act(() => backend.drop(someSelection({ videos: 0, names: [], skipped: [{ name: "notes.docx", reason: "notMedia" }], skippedCount: 1 })));
    const dialog = await screen.findByRole("dialog", { name: "Nothing here can be examined" });
    expect(within(dialog).queryByRole("button", { name: "Start" })).toBeNull();
  });

  it("forgets recent analyses only after asking", async () => {
    const { backend, user } = await openWindow();
    await user.click(await screen.findByRole("button", { name: "Forget these" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus();
    await user.click(within(dialog).getByRole("button", { name: "Forget" }));
    await waitFor(() => expect(screen.queryByRole("link", { name: /IMG_4471/ })).toBeNull());
    expect(backend.calls.map(([name]) => name)).toContain("forgetRecent");
  });

  it("says in words when nothing can be examined", async () => {
    await openWindow("", { problem: { code: "setup", message: "ffmpeg was not found", path: null } });
    expect(screen.getByText("Nothing can be examined at the moment")).toBeVisible();
    expect(screen.getByText("Ffmpeg was not found")).toBeVisible();
  });

  it("says what it computes on once that is known", async () => {
    const { backend } = await openWindow("", { loading: true });
    expect(screen.getByText("getting ready…")).toBeVisible();
    act(() => backend.tellInfo({ deviceInUse: "cpu", threadsInUse: 2 }));
    expect(await screen.findByText("CPU, 2 threads, works offline")).toBeVisible();
  });

  it("opens files with the key O, but not while somebody types", async () => {
    const { backend, user } = await openWindow("cases/1");
    const notes = await screen.findByRole("textbox", { name: "Notes" });
    await user.type(notes, "o");
    expect(backend.calls.map(([name]) => name)).not.toContain("pickFiles");
    await user.click(screen.getByRole("heading", { name: "Harbour statement" }));
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("o");
    expect(backend.calls.map(([name]) => name)).toContain("pickFiles");
  });
});

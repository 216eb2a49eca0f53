import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openWindow } from "../../test/window";

describe("settings", () => {
  it("change the language of the whole window at once", async () => {
    const { user } = await openWindow("settings");
    await user.click(await screen.findByRole("radio", { name: "Français" }));
    expect(await screen.findByRole("heading", { name: "Réglages" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Accueil" })).toBeVisible();
    expect(document.documentElement.lang).toBe("fr");
  });

  it("change the theme at once", async () => {
    const { user } = await openWindow("settings");
    await user.click(await screen.findByRole("radio", { name: "High contrast" }));
    await waitFor(() => expect(document.documentElement.dataset.theme).toBe("contrast"));
  });

  it("say which device is really in use", async () => {
    const { backend, user } = await openWindow("settings");
    expect(await screen.findByText("In use now: CPU, 8 threads")).toBeVisible();
    await user.click(screen.getByRole("button", { name: /Threads/ }));
    await user.click(await screen.findByRole("option", { name: "4" }));
    expect(await screen.findByText("In use now: CPU, 4 threads")).toBeVisible();
    expect(backend.calls.at(-1)).toMatchObject(["saveSettings", { threads: 4 }]);
  });

  it("have the slow methods look again, when what they need is here", async () => {
    const { backend, user } = await openWindow("settings");
    await user.click(await screen.findByRole("switch", { name: /Look again/ }));
    expect(backend.calls.at(-1)).toMatchObject(["saveSettings", { secondLook: true, detectors: [] }]);
    await user.click(screen.getByRole("link", { name: "Models" }));
    await user.click(await screen.findByRole("row", { name: /second look/ }));
    await waitFor(() => expect(screen.getByRole("switch", { name: /Look again/ })).toBeChecked());
  });

  it("say what the slow methods lack", async () => {
    await openWindow("settings", { withoutEncoder: true });
    expect(await screen.findByRole("switch", { name: /Look again/ })).toBeDisabled();
    expect(screen.getByText(/The encoder that they need is not on this computer/)).toBeVisible();
  });

  it("keep no history when told so", async () => {
    const { user } = await openWindow("settings");
    await user.click(await screen.findByRole("switch", { name: /Keep recent analyses/ }));
    await user.click(screen.getByRole("link", { name: "Home" }));
    expect(await screen.findByText(/Recent analyses are not kept/)).toBeVisible();
  });

  it("report what could not be saved", async () => {
    const { backend, user } = await openWindow("settings");
    backend.failNext("saveSettings", { code: "storage", message: "x", path: null });
    await user.click(await screen.findByRole("radio", { name: "Light" }));
    expect(await screen.findByText(/The library could not be written/)).toBeVisible();
  });

  it("forget everything only after asking", async () => {
    const { backend, user } = await openWindow("settings");
    await user.click(await screen.findByRole("button", { name: "Forget everything…" }));
    const dialog = await screen.findByRole("alertdialog");
    await user.keyboard("{Escape}");
    expect(backend.calls).toEqual([]);
    await waitFor(() => expect(dialog).not.toBeInTheDocument());
    await user.click(screen.getByRole("button", { name: "Forget everything…" }));
    await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Forget for good" }));
    expect(await screen.findByText("What you examine shows up here.")).toBeVisible();
  });
});

describe("models", () => {
  it("show the card, the hash state and the validation", async () => {
    await openWindow("models/older-swap");
    expect(await screen.findByRole("heading", { name: "Swapped faces, 2024" })).toBeVisible();
    expect(screen.getAllByText("Past its date").length).toBeGreaterThan(0);
    expect(screen.getByText("Recordings of later than 2024")).toBeVisible();
  });

  it("are chosen for new examinations, one at least", async () => {
    const { backend, user } = await openWindow("models/manipulated-faces");
    await user.click(await screen.findByRole("switch", { name: /Use for new examinations/ }));
    expect(backend.calls.at(-1)).toMatchObject(["saveSettings", { detectors: ["generated-faces"] }]);
    await user.click(screen.getByRole("row", { name: "Generated faces" }));
    await waitFor(() => expect(screen.getByRole("switch")).toBeDisabled());
  });

  it("count the validation out", async () => {
    await openWindow("models/manipulated-faces");
    expect(await screen.findByRole("img", { name: "232 real samples as dots, 2 of them wrongly suspected" })).toBeVisible();
  });
});

describe("help", () => {
  it("has the ethics text, the base rates and the keys", async () => {
    const { user } = await openWindow("help/ethics");
    expect(await screen.findByRole("heading", { name: "Purpose, and what it is not for" })).toBeVisible();
    expect(screen.getByRole("columnheader", { name: "harm" })).toBeVisible();
    await user.click(screen.getByRole("tab", { name: "Why a suspicion is not enough" }));
    expect(await screen.findByText("It suspects 91 clips: 43 of them are manipulated, 48 are real.")).toBeVisible();
    await user.click(screen.getByRole("tab", { name: "Keys" }));
    expect(await screen.findByText("Next suspicious moment")).toBeVisible();
  });

  it("opens with the question mark", async () => {
    const { user } = await openWindow("");
    await user.keyboard("?");
    await waitFor(() => expect(window.location.hash).toBe("#/help/keys"));
  });
});

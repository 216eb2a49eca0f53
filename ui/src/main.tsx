import "@fontsource/inter/latin-400.css";
import "@fontsource/inter/latin-500.css";
import "@fontsource/inter/latin-600.css";
import "@fontsource/inter/latin-ext-400.css";
import "@fontsource/inter/latin-ext-600.css";
import "@fontsource/jetbrains-mono/latin-400.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./app/app.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { systemTheme } from "./app/theme";
import type { Backend } from "./ipc/backend";

/** In the product always Tauri; the mode is fixed when the bundle is built, so the fake is not even part of it. */
async function chooseBackend(): Promise<Backend> {
  if (import.meta.env.MODE === "fake") {
    const { createFake, optionsFrom } = await import("./ipc/fake");
    return createFake(optionsFrom(new URLSearchParams(window.location.search)));
  }
  const { tauriBackend } = await import("./ipc/tauri");
  return tauriBackend;
}

document.documentElement.dataset.theme = systemTheme();
// A window of a program has no "Reload" or "Back" of a browser; text fields keep their menu.
document.addEventListener("contextmenu", (event) => {
  if (!(event.target instanceof Element && event.target.closest("input, textarea, p, dd, .selectable"))) event.preventDefault();
});
void chooseBackend().then((backend) => {
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<App backend={backend} />);
});

// Which of the three themes is shown. "As the system" follows the system while the window is open.
import { useEffect, useInsertionEffect, useState } from "react";
import type { Theme } from "../ipc/bindings";

export type Shown = Exclude<Theme, "system">;

const LIGHT = "(prefers-color-scheme: light)";
const CONTRAST = "(prefers-contrast: more)";

export const systemTheme = (): Shown => {
  if (window.matchMedia?.(CONTRAST).matches) return "contrast";
  return window.matchMedia?.(LIGHT).matches ? "light" : "dark";
};

export function useTheme(wanted: Theme): Shown {
  const [system, setSystem] = useState(systemTheme);
  useEffect(() => {
    const queries = [LIGHT, CONTRAST].flatMap((q) => window.matchMedia?.(q) ?? []);
    const changed = (): void => setSystem(systemTheme());
    for (const query of queries) query.addEventListener("change", changed);
    return () => queries.forEach((query) => query.removeEventListener("change", changed));
  }, []);
  const shown = wanted === "system" ? system : wanted;
  // Before anything is laid out or painted with the colours of the theme.
  useInsertionEffect(() => void (document.documentElement.dataset.theme = shown), [shown]);
  return shown;
}

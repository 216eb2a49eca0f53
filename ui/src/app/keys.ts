// Keys that work anywhere in the window, except where somebody types or a widget needs them itself.
import { useEffect, useRef } from "react";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** `Shift+ArrowLeft`, `n`, `Space`, `?`. */
export function nameOf(event: Pick<KeyboardEvent, "key" | "shiftKey">): string {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && key.length > 1 ? `Shift+${key}` : key;
}

const TYPING = 'input:not([type="range"]), textarea, select, [contenteditable="true"]';
const ABOVE = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
const STEERS = 'input[type="range"], [role="grid"], [role="tablist"], [role="radiogroup"], [role="menu"], [role="listbox"], [role="scrollbar"]';
const PRESSABLE = "button, a, [role=button], [role=tab], [role=switch], [role=row], summary";

export function isFree(event: KeyboardEvent): boolean {
  const at = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (at?.closest(TYPING) || at?.closest(ABOVE) || document.querySelector(".overlay")) return false;
  if (/^Arrow|^Home$|^End$/.test(event.key) && at?.closest(STEERS)) return false;
  return !((event.key === " " || event.key === "Enter") && at?.closest(PRESSABLE));
}

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const action = latest.current[nameOf(event)];
      if (!action || !isFree(event)) return;
      event.preventDefault();
      action(event);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

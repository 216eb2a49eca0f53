import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

configure({ asyncUtilTimeout: 5000 });

afterEach(() => {
  cleanup();
  window.location.hash = "";
});

// jsdom lays nothing out and paints nothing: give elements a size, and let the canvas be absent.
for (const [name, value] of [["offsetHeight", 600], ["offsetWidth", 1200], ["clientHeight", 600], ["clientWidth", 1200]] as const)
  Object.defineProperty(Element.prototype, name, { configurable: true, get: () => value });
HTMLCanvasElement.prototype.getContext = () => null;
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
globalThis.CSS ??= {} as typeof CSS;
globalThis.CSS.escape ??= (text: string) => text.replace(/[^\w-]/g, (c) => `\\${c}`);
vi.stubGlobal("matchMedia", (query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined }));

// No style sheets are loaded in these tests, so an element's own style and its hidden attribute are all there is to compute; jsdom's
// full cascade for every name and role asked for would take most of the time.
window.getComputedStyle = (element) => {
  const own = (element as HTMLElement).style;
  const read = (name: string): string => {
    if (name === "display") return element.hasAttribute("hidden") ? "none" : own?.display || "block";
    return own?.getPropertyValue?.(name) || (name === "visibility" ? "visible" : "");
  };
  return new Proxy({} as CSSStyleDeclaration, {
    get: (_, name) => (name === "getPropertyValue" ? read : typeof name === "string" ? read(name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)) : undefined),
  });
};

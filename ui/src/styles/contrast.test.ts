// The contrasts of every pair of colours in use, computed from the tokens themselves (WCAG 2: 4.5 for text, 3 for shapes and borders that matter).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(`${process.cwd()}/src/styles/tokens.css`, "utf8");
const THEMES = ["dark", "light", "contrast"];

function tokens(theme: string): Map<string, string> {
  const block = css.slice(css.indexOf(`[data-theme="${theme}"]`)).split("}")[0] ?? "";
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
}
const luminance = (hex: string): number => {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number];
  return (x + 0.05) / (y + 0.05);
};

const SURFACES = ["background", "panel", "raised", "hover"];
const TEXT: [string, string][] = [
  ...["text", "muted"].flatMap((ink) => [...SURFACES, "none-ground", "inconclusive-ground", "suspected-ground", "accent-ground"].map((on): [string, string] => [ink, on])),
  ["accent-ink", "accent"], ["accent", "panel"], ["suspected", "suspected-ground"], ["inconclusive", "inconclusive-ground"], ["none", "none-ground"],
  ["suspected", "panel"], ["suspected", "background"], ["suspected", "raised"], ["inconclusive", "raised"], ["none", "raised"],
];
const SHAPES: [string, string][] = [
  ["focus", "background"], ["focus", "panel"], ["line-strong", "background"], ["line-strong", "panel"],
  ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => ["panel", "band-none", "band-inconclusive", "band-suspected"].map((on): [string, string] => [`person-${n}`, on])),
];

describe.each(THEMES)("theme %s", (theme) => {
  const palette = tokens(theme);
  const below = (pairs: [string, string][], least: number): string[] =>
    pairs.flatMap(([a, b]) => {
      const [x, y] = [palette.get(a), palette.get(b)];
      if (!x || !y) return [`${a} or ${b} is missing`];
      const c = contrast(x, y);
      return c < least ? [`${a} on ${b}: ${c.toFixed(2)}`] : [];
    });
  it("has readable text everywhere", () => expect(below(TEXT, 4.5)).toEqual([]));
  it("has shapes that can be made out", () => expect(below(SHAPES, 3)).toEqual([]));
});

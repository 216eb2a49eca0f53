// The theme's colours for the canvas, read from the style sheet so that there is one source.
export type Palette = {
  panel: string; raised: string; line: string; text: string; muted: string; accent: string; mono: string; sans: string;
  none: string; inconclusive: string; suspected: string; bandLine: string; hatch: string; people: string[]; strong: string;
};

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const get = (name: string): string => style.getPropertyValue(`--${name}`).trim() || "#888";
  return {
    panel: get("panel"), raised: get("raised"), line: get("line"), strong: get("line-strong"), text: get("text"), muted: get("muted"), accent: get("accent"),
    mono: get("mono"), sans: get("sans"), none: get("band-none"), inconclusive: get("band-inconclusive"), suspected: get("band-suspected"), bandLine: get("band-line"), hatch: get("hatch"),
    people: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => get(`person-${n}`)),
  };
}

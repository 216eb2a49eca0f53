// Drawn stand-ins for decoded frames, faces and a model's figures.
import type { Scene } from "./scenes";

const svg = (width: number, height: number, body: string, view = `0 0 ${width} ${height}`): string =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${view}">${body}</svg>`)}`;

/** A head and shoulders around the origin; the face fills about 84 × 108. */
const person = (x: number, y: number, scale: number, shirt: string, open: number): string =>
  `<g transform="translate(${x} ${y}) scale(${scale})"><path d="M-70 150c4-50 34-66 70-66s66 16 70 66z" fill="${shirt}"/><path d="M-13 60h26v34q-13 10-26 0z" fill="#a87f69"/><ellipse cy="18" rx="42" ry="54" fill="#b98f78"/><path d="M-44 10c-6-60 94-66 88 4-8-24-24-34-44-34s-36 8-44 30z" fill="#3a2c26"/><ellipse cx="-15" cy="14" rx="4" ry="3" fill="#2a2321"/><ellipse cx="15" cy="14" rx="4" ry="3" fill="#2a2321"/><path d="M-12 ${46 - open}q12 ${6 + open * 2} 24 0" stroke="#7a4a42" stroke-width="3" fill="none"/><path d="M0 16l-5 18h8" stroke="#9a705c" stroke-width="2" fill="none"/></g>`;

export function frame(scene: Scene, us: number, wanted: number): string {
  const s = us / 1e6;
  const shot = scene.cuts.filter((c) => c <= s).length;
  const { width: w, height: h } = scene;
  const tones = [["#41566b", "#1d252e"], ["#4b5663", "#20262d"], ["#39505a", "#1a2429"], ["#525468", "#23242e"]];
  const [top, bottom] = tones[shot % tones.length] as [string, string];
  const people = scene.cast
    .filter((c) => c.present.some(([a, b]) => s >= a && s <= b))
    .map((c) => {
      const [x, y, bw, bh] = c.box(s);
      return person(x + bw / 2, y + bh / 2 - (bh / 108) * 18 * 0.9, bh / 118, c.shirt, 1.5 + 1.5 * Math.sin(s * 7 + c.track));
    });
  const windows = [0.12, 0.34, 0.56, 0.78].map((x) => `<rect x="${(x + shot * 0.03) * w}" y="${h * 0.12}" width="${w * 0.11}" height="${h * 0.34}" fill="#ffffff" opacity=".045"/>`).join("");
  const width = Math.min(wanted, w);
  return svg(width, Math.round((width * h) / w),
    `<defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs><rect width="${w}" height="${h}" fill="url(#g)"/>${windows}<rect y="${h * 0.72}" width="${w}" height="${h * 0.28}" fill="#232a33"/>${people.join("")}`,
    `0 0 ${w} ${h}`);
}

export function face(scene: Scene, track: number): string {
  const cast = scene.cast.find((c) => c.track === track);
  return svg(96, 96, `<rect x="-60" y="-60" width="120" height="120" fill="#2d3642"/>${person(0, -14, 0.92, cast?.shirt ?? "#444", 2)}`, "-60 -60 120 120");
}

export function figure(kind: string): string {
  const shape = kind === "roc" ? "M20 180C30 60 60 30 180 22" : "M20 180L60 150 100 108 140 66 180 24";
  return svg(320, 320, `<rect width="200" height="200" fill="#fff"/><path d="M20 20V180H180" stroke="#667" fill="none"/><path d="M20 180L180 20" stroke="#bbc" stroke-dasharray="4 4" fill="none"/><path d="${shape}" stroke="#1f63d6" stroke-width="2.5" fill="none"/>`, "0 0 200 200");
}

/** A patch of colours as a heat map has them, clear towards the border. */
export const heat = (): string => svg(256, 256, `<defs><radialGradient id="h"><stop offset="0" stop-color="#fde725"/><stop offset=".35" stop-color="#5ec962"/><stop offset=".65" stop-color="#21918c" stop-opacity=".8"/><stop offset="1" stop-color="#3b528b" stop-opacity="0"/></radialGradient></defs><ellipse cx="128" cy="176" rx="90" ry="66" fill="url(#h)"/>`);

export const page = (): string => svg(595, 842, `<rect width="595" height="842" fill="#fff"/><rect x="48" y="60" width="320" height="20" fill="#222"/>${[110, 130, 150, 170].map((y) => `<rect x="48" y="${y}" width="${y === 170 ? 300 : 499}" height="8" fill="#bbb"/>`).join("")}<rect x="48" y="210" width="499" height="180" fill="#e8eaee"/>`);

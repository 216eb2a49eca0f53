// Times, sizes and dates as people of a language write them.

export type Lang = "en" | "fr";

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

/** `0:21`, `1:02:03`; for spans and labels. */
export function clock(us: number): string {
  const s = Math.max(0, Math.round(us / 1e6));
  const [h, m, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(rest)}` : `${m}:${pad(rest)}`;
}

/** `0:21.560`; French writes the fraction after a comma. */
export function preciseClock(us: number, lang: Lang): string {
  const ms = Math.round(Math.max(0, us) / 1000);
  const whole = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const head = h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
  return `${head}${lang === "fr" ? "," : "."}${pad(ms % 1000, 3)}`;
}

/** `00:00:21.560`, always of the same width for a time of the same order. */
export function timecode(us: number, lang: Lang): string {
  const ms = Math.round(Math.max(0, us) / 1000);
  const whole = Math.floor(ms / 1000);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((n) => pad(n)).join(":");
  return `${parts}${lang === "fr" ? "," : "."}${pad(ms % 1000, 3)}`;
}

/** `1.9 s`, `40 s`, `2 min 5 s`, `1 h 12 min`: how long something took or will take. */
export function duration(seconds: number, lang: Lang): string {
  if (seconds < 10) return `${number(seconds, lang, 1)}\u00a0s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60}\u00a0min` : `${Math.floor(s / 60)}\u00a0min ${s % 60}\u00a0s`;
  return `${Math.floor(s / 3600)}\u00a0h ${Math.floor(s / 60) % 60}\u00a0min`;
}

/** A remaining time, coarser the longer it is, so that it does not flicker. */
export function roughDuration(seconds: number, lang: Lang): string {
  const s = Math.max(1, Math.round(seconds));
  if (s < 20) return `${s}\u00a0s`;
  if (s < 90) return `${Math.round(s / 10) * 10}\u00a0s`;
  if (s < 5400) return `${Math.round(s / 60)}\u00a0min`;
  return duration(Math.round(s / 300) * 300, lang);
}

export function number(value: number, lang: Lang, decimals = 0): string {
  return new Intl.NumberFormat(lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}

/** A calibrated score: two decimals, near the ends three, so that none reads as certainty; never a percentage. */
export function score(value: number, lang: Lang): string {
  if (value >= 0.995 && value < 1) return number(Math.floor(value * 1000) / 1000, lang, 3);
  if (value < 0.005 && value > 0) return number(Math.ceil(value * 1000) / 1000, lang, 3);
  return number(value, lang, 2);
}

/** `4.2 MB`, `4,2 Mo`. */
export function bytes(value: number, lang: Lang): string {
  const units = lang === "fr" ? ["octets", "ko", "Mo", "Go", "To"] : ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let scaled = value;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${number(scaled, lang, unit === 0 || scaled >= 100 ? 0 : 1)}\u00a0${units[unit]}`;
}

/** `9f2c 41ab … 77d0`: enough to recognise a hash by; the whole of it is one copy away. */
export const shortHash = (hash: string): string => `${hash.slice(0, 4)} ${hash.slice(4, 8)} … ${hash.slice(-4)}`;

/** `12 minutes ago`, `yesterday`, then a date. */
export function ago(iso: string, now: Date, lang: Lang): string {
  const then = new Date(iso);
  const minutes = Math.round((now.getTime() - then.getTime()) / 60_000);
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  if (minutes < 1) return relative.format(0, "second");
  if (minutes < 60) return relative.format(-minutes, "minute");
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days === 0) return relative.format(-Math.round(minutes / 60), "hour");
  if (days < 7) return relative.format(-days, "day");
  return date(iso, lang);
}

export const date = (iso: string, lang: Lang): string =>
  new Intl.DateTimeFormat(region(lang), { year: "numeric", month: "long", day: "numeric", timeZone: iso.length === 10 ? "UTC" : undefined }).format(new Date(iso));

export const dateTime = (iso: string, lang: Lang): string =>
  new Intl.DateTimeFormat(region(lang), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

/** `30000/1001` as `29.97`. */
export function frameRate(rate: string, lang: Lang): string {
  const [num, den] = rate.split("/").map(Number);
  const value = den ? (num ?? 0) / den : (num ?? 0);
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 2 }).format(value);
}

/** Names joined with commas and the language's "and". */
export const list = (items: string[], lang: Lang): string => new Intl.ListFormat(region(lang), { type: "conjunction" }).format(items);

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Day before month, 24 hours, no comma before "and". */
const region = (lang: Lang): string => (lang === "en" ? "en-GB" : "fr-FR");

const midnight = (d: Date): number => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

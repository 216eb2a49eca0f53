// What is said of results, put together from the catalogue. Keyed by the core's closed lists; never a percentage.
import type { ItemError, Reason, Selection, Validation, Verdict, Warning } from "../ipc/bindings";
import { type Lang, list, sentence } from "../lib/format";
import type { T } from ".";

export const reasons = (t: T, why: Reason[]): string => why.map((r) => t(`reason.${r}`)).join(separator(t));
export const brief = (t: T, why: Reason[]): string => why.map((r) => t(`brief.${r}`)).join(", ");

/** `The face is too small; it is turned away.` Stands below the headline, so that is not said again. */
export const because = (t: T, verdict: Verdict): string => (verdict.reasons.length === 0 ? "" : `${sentence(reasons(t, verdict.reasons))}.`);

const separator = (t: T): string => t("statement.separator");

export const people = (t: T, tracks: number[], lang: Lang): string =>
  t("people.named", { count: tracks.length, names: list(tracks.map((n) => String(n + 1)), lang) });

/** What failed, in words first and then in the program's own. */
export const itemError = (t: T, error: ItemError): string => t(`itemError.${error.code}`);

const WARNINGS = ["damaged", "animationFirstFrame", "deviceFallback", "facesDropped", "skipped", "changedWhileReading", "modelExpired", "decoderMessage", "controlsFailed"] as const;

export function warning(t: T, { code, detail }: Warning): string {
  const known = WARNINGS.find((w) => w === code) ?? "note";
  return detail ? t("statement.about", { headline: t(`warning.${known}`), people: detail }) : t(`warning.${known}`);
}

/** `12 photos and 3 videos from 2 folders`. */
export function selectionWords(t: T, s: Selection, lang: Lang): string {
  const what = [s.images > 0 && t("selection.images", { count: s.images }), s.videos > 0 && t("selection.videos", { count: s.videos })].filter((w): w is string => Boolean(w));
  if (what.length === 0) return t("selection.nothing");
  const from = s.folders > 0 ? ` ${t("selection.folders", { count: s.folders })}` : "";
  return `${list(what, lang)}${from}${s.more ? ` ${t("selection.more")}` : ""}`;
}

/** How often the methods found what was there, when nothing was found here. */
export function nothingFound(t: T, validations: Validation[], lang: Lang): string {
  if (validations.length === 0) return t("statement.nothing");
  const each = list(validations.map((v) => t("statement.foundOf", { model: v.model, hits: v.found, of: v.nFake })), lang);
  return t("statement.nothingCounts", { each });
}

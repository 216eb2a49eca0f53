// How a report is wanted, from what was typed.
import type { ReportOptions } from "../../ipc/bindings";

export type Draft = Omit<ReportOptions, "offsetMinutes" | "firstOpinionAt"> & { opinionAt: string };

// Who examines for whom stays the same from report to report, as long as the window is open.
let remembered = { author: "", organisation: "" };

export const remember = ({ author, organisation }: Draft): void => void (remembered = { author, organisation });

export const emptyDraft = (language: Draft["language"], caseName: string, notes: string): Draft =>
  ({ language, extent: "full", redaction: "off", caseName, ...remembered, question: "", notes, firstOpinion: "", opinionAt: "" });

/** `2026-11-21T14:02` as it is on the clock here, to RFC 3339; null for anything else. */
export function moment(local: string): string | null {
  const date = new Date(local);
  return local && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

export function optionsOf({ opinionAt, ...draft }: Draft, now: Date): ReportOptions {
  return { ...draft, offsetMinutes: -now.getTimezoneOffset(), firstOpinionAt: draft.firstOpinion.trim() ? moment(opinionAt) : null };
}

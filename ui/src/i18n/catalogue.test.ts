import { describe, expect, it } from "vitest";
import { en } from "./en";
import { fr } from "./fr";

type Tree = { [key: string]: string | Tree };
const texts = (tree: Tree, path = ""): [string, string][] => Object.entries(tree).flatMap(([key, value]) => (typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`)));
const [english, french] = [texts(en as Tree), texts(fr as unknown as Tree)];

// What no output may say (the ethics text is quoted, not said here).
const FORBIDDEN = ["fake", "authenti", "ai detected", "ai-detected", "confidence", "confiance", "proven", "proof", "prouv", "preuve", "%", "truqu", "ia détectée", "certifi", "genuine", "no manipulation"];
// The same in both languages by right.
const SAME = new Set(["FaceFiction", "Note", "Notes", "SHA-256", "Photo", "Source", "Licence", "Architecture", "Version", "Validation", "Score", "MTCNN", "Batch", "English", "Français", "score {{score}}", "JSON Lines", "{{count, number}} photo", "{{count, number}} photos", "Actions", "FaceFiction {{version}}", "{{device}}, {{threads}}", "JPEG 75", "JPEG 60", "JPEG 40", "768 px", "512 px", "Moments", "{{count, number}} page", "{{count, number}} pages"]);

describe.each([["English", english], ["French", french]])("%s", (_name, all) => {
  it("says nothing it must not say", () => {
    const said = all.filter(([, text]) => FORBIDDEN.some((word) => text.toLowerCase().includes(word)));
    expect(said).toEqual([]);
  });
  it("has a text for everything", () => expect(all.filter(([, text]) => !text.trim())).toEqual([]));
});

it("is as much in French as in English, and not the same", () => {
  expect(french.map(([key]) => key)).toEqual(english.map(([key]) => key));
  expect(french.filter(([, text], i) => text === english[i]?.[1] && !SAME.has(text)).map(([key]) => key)).toEqual([]);
});

it("keeps the placeholders in every language", () => {
  const holes = (text: string): string[] => [...new Set(text.match(/\{\{\w+(?:, number)?\}\}|<\d>/g) ?? [])].sort();
  expect(french.filter(([, text], i) => holes(text).join() !== holes(english[i]?.[1] ?? "").join()).map(([key]) => key)).toEqual([]);
});

it("puts no-break spaces before high punctuation in French", () => {
  expect(french.filter(([, text]) => /[^\u00a0\u202f][;?!»]/.test(text) || /[^\u00a0\d\w]:(?!\/)/.test(text) || /«[^\u00a0]/.test(text)).map(([key]) => key)).toEqual([]);
});

// The product as its users know it, through the real window.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { answerDialog, eventually, Home, sample, Window } from "./window.mjs";

/** Runs `body` in a fresh window and closes it whatever happens. */
function inWindow(name, files, body, settings) {
  test(name, async () => {
    const home = new Home(settings);
    let window;
    try {
      window = await Window.open(home, files);
      await body(window, home);
    } finally {
      await window?.close();
      await home.remove();
    }
  });
}

inWindow("a video that is dropped is watched while it is examined, and shown when it is done", [], async (window, home) => {
  const clip = home.copy("clip.mp4", "a clip ü.mp4");
  await window.drop(clip);
  assert.match(window.hovered, /1 video/, "what is held over the window is said before it is let go");
  await eventually("the analysis", () => window.script("return location.hash.startsWith('#/analysis')"));
  await window.read("Examining");
  await eventually("a face before the end", () => window.script("return document.querySelector('main img')?.complete === true"));
  const done = await window.read("Person 1", "a clip ü.mp4", "SHA-256");
  assert.match(done, /No indication|Inconclusive|Manipulation suspected/);
  await eventually("pixels", () => window.script("const image = document.querySelector('main img'); return image?.naturalWidth > 0"));
  await window.read("unchanged");
});

inWindow("what is dropped and cannot be examined is said before anything starts", [], async (window, home) => {
  await window.drop(home.copy("coffee.jpg"), home.copy("SOURCES.md"));
  await window.read("Before it starts", "SOURCES.md", "not a photo or a video");
});

inWindow("files named on the command line are examined", [sample("coffee.jpg"), sample("hopper.jpg")], async (window) => {
  await eventually("the queue", () => window.script("return location.hash === '#/batch'"));
  await window.read("coffee.jpg", "hopper.jpg");
  await eventually("both done", async () => !/Waiting|Examining|Opening/.test(await window.text()));
});

inWindow("an examination is stopped and leaves no result", [sample("clip.mp4")], async (window) => {
  await window.click("Cancel");
  await window.read("Cancelled");
  await window.go("#/");
  await window.read("What you examine shows up here.");
}, { sampling: { kind: "everyFrame" } });

test("a case with its note is there again after the program was killed", async () => {
  const home = new Home();
  const first = await Window.open(home, [sample("hopper.jpg")]);
  let second;
  try {
    await first.read("Person 1", "SHA-256");
    await first.go("#/cases");
    await first.click("New case");
    await first.type('[role="dialog"] input', "The Hopper affair");
    await first.click("Create", '[role="dialog"]');
    await first.type("main textarea", "Sent by the ministry");
    await eventually("the note in the library", () => readFileSync(join(home.library, "facefiction.sqlite3-wal")).includes("Sent by the ministry"));
    first.kill();
    second = await Window.open(home);
    await second.read("hopper.jpg");
    await second.go("#/cases");
    await second.click("The Hopper affair", "main");
    await eventually("the note", () => second.script("return document.querySelector('main textarea')?.value === 'Sent by the ministry'"));
    await second.go("#/analysis/1");
    await second.read("hopper.jpg", "Person 1");
  } finally {
    await (second ?? first).close();
    await home.remove();
  }
});

inWindow("the language changes at once and stays", [], async (window, home) => {
  await window.go("#/settings");
  await window.read("Settings");
  await window.click("Français");
  await window.go("#/");
  await window.read("Déposez");
  const kept = JSON.parse(readFileSync(join(home.path, "config/org.facefiction.desktop/settings.json"), "utf8"));
  assert.equal(kept.settings.language, "fr");
});

inWindow("results are exported through the system's dialog", [sample("coffee.jpg"), sample("hopper.jpg")], async (window, home) => {
  await eventually("both done", async () => /2\s*\/\s*2|hopper/.test(await window.text()) && !/Waiting|Examining|Opening/.test(await window.text()));
  const path = join(home.path, "results.csv");
  await window.click("Export");
  await window.click("Table (CSV)", "body");
  await answerDialog("Save", path);
  await eventually("the file", () => existsSync(path));
  const rows = readFileSync(path, "utf8").trim().split("\r\n");
  assert.ok(rows.length >= 3 && rows[0].startsWith("path,"), rows[0]);
});

inWindow("where the detectors looked is shown on demand; a report and a package are written, and the package is checked when it is dropped", [], async (window, home) => {
  await window.drop(home.copy("side-by-side.jpg"));
  await window.read("Person 2", "SHA-256", "unchanged");
  await window.click("Show where they looked");
  await window.read(/Of this score, most comes from the|No part of the face speaks/, /random areas of the same size/);

  await window.click("Report…");
  await window.click("Preview page one", '[role="dialog"]');
  await window.read(/\d+ pages, \d+ pictures/);
  await eventually("page one", () => window.script("return document.querySelector('.page img')?.naturalWidth > 0"));
  const report = join(home.path, "report.pdf");
  await window.click("Save as PDF…", '[role="dialog"]');
  await answerDialog("Save", report);
  await window.read("Written: report.pdf");
  assert.equal(readFileSync(report).subarray(0, 5).toString(), "%PDF-");

  const zip = join(home.path, "package.zip");
  await window.click("Evidence package…");
  await window.click("Save package…", '[role="dialog"]');
  await answerDialog("Save", zip);
  await window.read("Written: package.zip", "Sealed with the key");
  await window.click("Close", '[role="dialog"]');
  await window.drop(zip);
  assert.match(window.hovered, /Let go to check this package/);
  await window.read("The package is as it was sealed.", "side-by-side.jpg is the file that was examined.", "The same verdict");
  const bytes = readFileSync(zip);
  bytes[bytes.indexOf("%PDF-") + 200] ^= 1;
  const touched = join(home.path, "touched.zip");
  writeFileSync(touched, bytes);
  await window.click("Close", '[role="dialog"]');
  await window.drop(touched);
  await window.read(/The package is not as it was sealed\.[\s\S]*changed since it was sealed: report\.pdf|This cannot be read as an evidence package/);
});

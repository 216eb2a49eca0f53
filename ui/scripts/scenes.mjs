// The screens and states worth seeing, with what has to be done to get there.
export const SCENES = [
  { name: "home", docs: true, place: "" },
  { name: "home-first", place: "", query: { library: "empty" } },
  { name: "home-problem", place: "", query: { library: "empty", problem: "1" }, themes: ["dark"] },
  { name: "home-drop", docs: true, place: "", query: { hover: "1" } },
  { name: "analysis", docs: true, place: "analysis/1", themes: ["dark", "light", "contrast"], act: jumpToNext },
  { name: "analysis-fr", place: "analysis/1", query: { lang: "fr" }, themes: ["dark"], act: jumpToNext },
  { name: "analysis-small", place: "analysis/1", size: { width: 1024, height: 680 }, query: { lang: "fr" }, themes: ["dark"] },
  { name: "batch-small", place: "batch", size: { width: 1024, height: 680 }, query: { queued: "214", lang: "fr" }, themes: ["light"] },
  { name: "analysis-brush", place: "analysis/1", act: brush, themes: ["dark"] },
  { name: "analysis-table", place: "analysis/1", act: (page) => page.getByRole("button", { name: "As a table" }).click(), themes: ["light"] },
  { name: "analysis-photo", place: "analysis/2" },
  { name: "analysis-inconclusive", place: "analysis/3" },
  { name: "analysis-moved", place: "analysis/1", query: { integrity: "missing" }, themes: ["dark"] },
  { name: "analysis-live", docs: true, place: "", act: startOne },
  { name: "analysis-heat", docs: true, place: "analysis/1", query: { explained: "1" }, act: heat },
  { name: "analysis-heat-fr", place: "analysis/1", query: { explained: "1", lang: "fr" }, themes: ["dark"], act: heat },
  { name: "analysis-ladder", place: "analysis/1", themes: ["dark", "light", "contrast"], act: ladder },
  { name: "analysis-kinds", docs: true, place: "analysis/1", act: kinds },
  { name: "analysis-kinds-fr", place: "analysis/1", query: { lang: "fr" }, themes: ["light"], act: kinds },
  { name: "dialog-report", docs: true, place: "analysis/1", act: report },
  { name: "dialog-package", place: "analysis/1", query: { lang: "fr" }, size: { width: 900, height: 620 }, themes: ["light"], act: fromMenu },
  { name: "dialog-check", docs: true, place: "", act: check },
  { name: "dialog-check-touched", place: "", query: { touched: "1" }, themes: ["dark", "light"], act: check },
  { name: "batch", docs: true, place: "batch", query: { queued: "214" }, act: (page) => page.getByRole("row").nth(3).click() },
  { name: "batch-empty", place: "batch", themes: ["dark"] },
  { name: "cases", docs: true, place: "cases/1" },
  { name: "cases-empty", place: "cases", query: { library: "empty" }, themes: ["light"] },
  { name: "models", docs: true, place: "models/manipulated-faces" },
  { name: "models-expired", place: "models/older-swap", themes: ["light"] },
  { name: "settings", docs: true, place: "settings" },
  { name: "settings-fr", place: "settings", query: { lang: "fr" }, themes: ["light"] },
  { name: "help-meaning", docs: true, place: "help/meaning" },
  { name: "help-base", docs: true, place: "help/base" },
  { name: "help-ethics", place: "help/ethics", themes: ["dark"] },
  { name: "help-keys", place: "help/keys", themes: ["light"] },
  { name: "dialog-forget", place: "cases/1", act: forget, themes: ["dark", "light"] },
];

async function jumpToNext(page) {
  await page.keyboard.press("n");
  for (let i = 0; i < 7; i++) await page.keyboard.press("Shift+ArrowRight");
}

async function heat(page) {
  await page.locator(".explained .button").last().click();
  await page.locator(".explained").scrollIntoViewIfNeeded();
}

async function ladder(page) {
  await page.getByRole("region", { name: "Does it survive re-encoding?" }).scrollIntoViewIfNeeded();
}

async function kinds(page) {
  await page.getByRole("heading", { name: /On files like this one|Sur des fichiers semblables/ }).evaluate((heading) => heading.scrollIntoView());
}

async function report(page) {
  await page.getByRole("button", { name: "Report…" }).click();
  await page.getByRole("button", { name: "Preview page one" }).click();
}

async function fromMenu(page) {
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Paquet d’éléments…" }).click();
}

async function check(page) {
  await page.getByRole("button", { name: "Check a package…" }).click();
  await page.getByRole("menuitem", { name: /One file/ }).click();
}

async function brush(page) {
  const box = await page.locator(".timeline").boundingBox();
  await page.mouse.move(box.x + 320, box.y + 120);
  await page.mouse.down();
  await page.mouse.move(box.x + 430, box.y + 120, { steps: 6 });
  await page.mouse.up();
}

async function startOne(page) {
  await page.getByRole("button", { name: /Open files/ }).click();
  await page.waitForTimeout(3200);
}

async function forget(page) {
  await page.getByRole("button", { name: "Actions for this case" }).click();
  await page.getByRole("menuitem", { name: /Forget this case/ }).click();
}

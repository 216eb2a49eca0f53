// axe on every screen and state in all three themes, in a real browser so that colour contrast counts too. Any violation fails,
// and so does anything the content security policy had to block.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { SCENES } from "./scenes.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let checked = 0;
const found = [];

const complaints = await withBrowser(join(import.meta.dirname, "../dist-fake"), async (open) => {
  for (const { name, place, query, size, act } of SCENES)
    for (const theme of ["dark", "light", "contrast"]) {
      const page = await open(place, { query: { theme, ...query }, size });
      await act?.(page);
      await page.waitForTimeout(150);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
      for (const v of violations) found.push(`${name} (${theme}): ${v.id}, ${v.help}\n${v.nodes.slice(0, 4).map((n) => `    ${n.target.join(" ")}  ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""}`).join("\n")}`);
      checked += 1;
      await page.close();
    }
});
for (const line of [...found, ...complaints]) console.error(line);
console.log(`${checked} screens checked with axe, ${found.length} violations, ${complaints.length} complaints of the browser`);
process.exit(found.length + complaints.length > 0 ? 1 : 0);

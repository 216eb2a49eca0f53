// Pictures of every screen from the program itself in plain-browser mode: `npm run screens` writes those of the documentation,
// `npm run screens -- FOLDER [NAME]` every state there is, or those whose name contains NAME.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { SCENES } from "./scenes.mjs";

const everything = process.argv[2];
const out = everything ?? join(import.meta.dirname, "../../docs/screens");
const only = process.argv[3];
mkdirSync(out, { recursive: true });

const complaints = await withBrowser(join(import.meta.dirname, "../dist-fake"), async (open) => {
  for (const { name, place, query, size, act, docs, themes = ["dark", "light"] } of SCENES) {
    if (!everything && !docs) continue;
    for (const theme of themes) {
      if (only && !`${name}-${theme}`.includes(only)) continue;
      const page = await open(place, { query: { theme, ...query }, size });
      await act?.(page);
      await page.waitForTimeout(200);
      await page.screenshot({ path: join(out, `${name}-${theme}.png`) });
      await page.close();
    }
  }
});
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 ? 1 : 0);

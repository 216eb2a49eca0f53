// Pictures of every screen, in the themes and languages, from the program itself in plain-browser mode.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { SCENES } from "./scenes.mjs";

const out = process.argv[2] ?? join(import.meta.dirname, "../../docs/screens");
const only = process.argv[3];
mkdirSync(out, { recursive: true });

const complaints = await withBrowser(join(import.meta.dirname, "../dist-fake"), async (open) => {
  for (const { name, place, query, act, themes = ["dark", "light"] } of SCENES) {
    for (const theme of themes) {
      if (only && !`${name}-${theme}`.includes(only)) continue;
      const page = await open(place, { query: { theme, ...query } });
      await act?.(page);
      await page.waitForTimeout(200);
      await page.screenshot({ path: join(out, `${name}-${theme}.png`) });
      await page.close();
    }
  }
});
for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 ? 1 : 0);

// What is shipped: no fake backend, no address to load anything from, no inline script or style, nothing embedded as data.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const dist = join(import.meta.dirname, "../dist");
const files = readdirSync(dist, { recursive: true }).map((f) => join(dist, String(f))).filter((f) => statSync(f).isFile());
const problems = [];
for (const file of files.filter((f) => /\.(js|css|html)$/.test(f))) {
  const text = readFileSync(file, "utf8");
  if (/clip_2211_portside|createFake/.test(text)) problems.push(`${file}: the fake backend is in it`);
  if (/\.css$/.test(file) && /url\((?!["']?\.?\/?[\w.-]+["']?\))/.test(text)) problems.push(`${file}: a style sheet loads from elsewhere`);
  if (/\.html$/.test(file) && (/<style|style=|<script(?![^>]*\ssrc=)/.test(text) || /https?:/.test(text))) problems.push(`${file}: inline script or style, or an outside address`);
  if (/\.css$/.test(file) && text.includes("data:")) problems.push(`${file}: embedded data`);
  // Namespaces and links to error explanations are words, not requests; anything else would be new.
  for (const [address] of text.matchAll(/https?:\/\/[\w.-]+/g))
    if (!/^https?:\/\/(www\.w3\.org|react\.dev|localhost|ipc\.localhost|tauri\.localhost|github\.com|www\.i18next\.com|react\.i18next\.com|locize\.com|www\.locize\.com|react-aria\.adobe\.com|react-spectrum\.adobe\.com|bugs\.webkit\.org|asset\.localhost)$/.test(address)) problems.push(`${file}: ${address}`);
}
for (const problem of problems) console.error(problem);
const total = files.reduce((sum, f) => sum + statSync(f).size, 0);
console.log(`bundle: ${files.length} files, ${(total / 1024).toFixed(0)} KiB`);
process.exit(problems.length > 0 ? 1 : 0);

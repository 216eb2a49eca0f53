// Serves a built folder on this machine only, under the window's own content security policy, and drives a headless Chromium on it.
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".woff": "font/woff", ".svg": "image/svg+xml" };
// The product's policy; only the drawn pictures of the fake need data: on top of it.
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function serve(root) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname)).replace(/^[/\\]+/, "") || "index.html";
    const file = join(root, path);
    if (path.startsWith("..") || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })));
}

/** Runs `work` with a page opener; anything the browser complains about (policy, errors) ends up in `complaints`. */
export async function withBrowser(root, work) {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("no Chromium found: install the package chromium, or set CHROMIUM to its path");
  const profile = mkdtempSync(join(tmpdir(), "facefiction-ui-"));
  const site = await serve(root);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, viewport: { width: 1280, height: 800 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const complaints = [];
  const open = async (place, { query = {}, size } = {}) => {
    const page = await context.newPage();
    if (size) await page.setViewportSize(size);
    page.on("console", (m) => m.type() === "error" && complaints.push(`${place}: ${m.text()}`));
    page.on("pageerror", (e) => complaints.push(`${place}: ${e.message}`));
    await page.goto(`${site.address}/?${new URLSearchParams(query)}#/${place}`);
    await page.waitForSelector("main");
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(350);
    return page;
  };
  try {
    await work(open, complaints);
  } finally {
    await context.close();
    site.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return complaints;
}

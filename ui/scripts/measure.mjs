// How much script a frame costs while a timeline of 100,000 points is zoomed and panned, and a queue of 10,000 rows is scrolled.
// Script between two frames is summed from the browser's own trace, so React, painting calls and garbage collection all count.
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";

const LIMIT_MS = 16;
const SCRIPT = new Set(["FunctionCall", "EventDispatch", "FireAnimationFrame", "TimerFire", "RunMicrotasks", "MajorGC", "MinorGC", "V8.GC_MC_BACKGROUND_MARKING"]);

async function scriptPerFrame(page, act) {
  const client = await page.context().newCDPSession(page);
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await client.send("Tracing.start", { categories: "devtools.timeline,v8", transferMode: "ReportEvents" });
  await act();
  const over = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await over;
  // The main thread is the one that runs most functions; "Layerize" closes each of its frames.
  const threads = groupBy(events, (e) => `${e.pid}/${e.tid}`);
  const calls = (list) => list.filter((e) => e.name === "FunctionCall").length;
  const [mine = []] = [...threads.values()].sort((x, y) => calls(y) - calls(x));
  const frames = [];
  let [spent, end] = [0, 0];
  for (const e of mine.filter((x) => x.ph === "X" || x.name === "Layerize").sort((x, y) => x.ts - y.ts)) {
    if (e.name === "Layerize") {
      frames.push(spent / 1000);
      spent = 0;
    }
    if (!SCRIPT.has(e.name) || e.ts < end) continue;
    // Processor time of the thread, so that other programs on the machine do not count.
    spent += e.tdur ?? e.dur ?? 0;
    end = e.ts + (e.dur ?? 0);
  }
  return frames.filter((ms) => ms > 0);
}

function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) {
    const group = groups.get(key(item)) ?? [];
    groups.set(key(item), group);
    group.push(item);
  }
  return groups;
}

const summary = (name, frames) => {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(`${name}: ${sorted.length} frames, script a frame: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms`);
  return sorted.length > 0 && (sorted.at(-1) ?? 0) < LIMIT_MS;
};

let good = true;
await withBrowser(join(import.meta.dirname, "../dist-fake"), async (open) => {
  const page = await open("analysis/99", { query: { points: "100000" } });
  await page.waitForSelector(".lane-number");
  const box = await page.locator(".timeline").boundingBox();
  await page.mouse.move(box.x + 500, box.y + 100);
  await page.keyboard.down("Control");
  const wheel = async (dx, dy, times) => {
    for (let i = 0; i < times; i++) {
      await page.mouse.wheel(dx, dy);
      await page.waitForTimeout(12);
    }
  };
  await wheel(0, -40, 5);
  await wheel(0, 400, 3);
  good = summary("timeline, zoom in", await scriptPerFrame(page, () => wheel(0, -40, 60))) && good;
  const shown = () => page.getByRole("scrollbar").getAttribute("aria-valuetext");
  const before = await shown();
  good = summary("timeline, pan", await scriptPerFrame(page, () => wheel(60, 0, 120))) && good;
  if (before === (await shown())) throw new Error(`nothing moved: ${before}`);
  good = summary("timeline, zoom out", await scriptPerFrame(page, () => wheel(0, 40, 60))) && good;
  good = summary("timeline, pan half way in", await scriptPerFrame(page, async () => { await wheel(0, -40, 12); await wheel(90, 0, 80); })) && good;
  await page.close();

  const batch = await open("batch", { query: { queued: "10000", tick: "50" } });
  const grid = await batch.locator(".grid").boundingBox();
  await batch.mouse.move(grid.x + 300, grid.y + 200);
  summary("queue of 10,000 rows, scrolled while it works", await scriptPerFrame(batch, async () => {
    for (let i = 0; i < 120; i++) {
      await batch.mouse.wheel(0, 300);
      await batch.waitForTimeout(12);
    }
  }));
});
process.exit(good ? 0 : 1);

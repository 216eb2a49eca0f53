// Measures the real window under Xvfb: `scripts/e2e.sh` is its display, CLIP a video of some minutes.
//   xvfb-run -s "-screen 0 1400x900x24" node tests/bench/window.mjs CLIP...
// Prints a table for docs/window.md. As root it also measures with a cold file cache.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, Home, pause, program, Window } from "../e2e/window.mjs";

const STARTS = 7;
const clips = process.argv.slice(2);
const FPS = 1;
const settings = { detectors: [], sampling: { kind: "perSecond", fps: FPS } };
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const row = (what, value) => console.log(`| ${what} | ${value} |`);

const parentOf = (pid) => Number(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) . /s, "").split(" ")[0]);

/** A process and all that it started. */
function family(root) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(all.flatMap((pid) => { try { return [[pid, parentOf(pid)]]; } catch { return []; } }));
  const isIn = (pid) => pid === root || (parents.has(pid) && isIn(parents.get(pid)));
  return [...parents.keys()].filter(isIn);
}

/** Proportional set size of the whole application in MB, web view and decoders included. */
const memory = (root) => family(root).reduce((sum, pid) => {
  try {
    return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) * 1024 / 1e6;
  } catch {
    return sum;
  }
}, 0);

/** Wall clock at which a process began, in ms. */
function begun(pid) {
  const ticks = Number(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ")[19]);
  const boot = Number(/^btime (\d+)/m.exec(readFileSync("/proc/stat", "utf8"))[1]);
  const now = Date.now();
  const up = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  return Number.isFinite(boot) ? now - up + ticks * 10 : Number.NaN;
}

/** From the start of the process to the first paint of the pages, which are empty until they can be used. */
async function start() {
  const home = new Home(settings);
  const window = await Window.open(home);
  const painted = await eventually("a paint", () => window.script("const [paint] = performance.getEntriesByType('paint'); return paint && performance.timeOrigin + paint.startTime"));
  const ms = painted - begun(home.pid());
  await window.close();
  await home.remove();
  return ms;
}

const times = [];
for (let n = 0; n < STARTS; n += 1) times.push(await start());
row(`start to usable window, warm, n = ${STARTS}`, `median ${Math.round(median(times))} ms (${Math.round(Math.min(...times))}–${Math.round(Math.max(...times))})`);
if (process.getuid() === 0) {
  const cold = [];
  for (let n = 0; n < 3; n += 1) {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    cold.push(await start());
  }
  row("start to usable window, cold file cache, n = 3", `median ${Math.round(median(cold))} ms (${Math.round(Math.min(...cold))}–${Math.round(Math.max(...cold))})`);
}

const home = new Home(settings);
const idle = await Window.open(home);
await pause(5000);
row("memory, idle", `${Math.round(memory(home.pid()))} MB`);
await idle.close();
await home.remove();

for (const clip of clips) {
  const home = new Home(settings);
  const window = await Window.open(home, [clip]);
  let peak = 0;
  const pid = home.pid();
  const done = () => window.script("return !location.hash.startsWith('#/job') && document.body.innerText.includes('SHA-256') && !document.body.innerText.includes('Examining')");
  for (;;) {
    peak = Math.max(peak, memory(pid));
    if (await done()) break;
    await pause(200);
  }
  const view = await window.scriptAsync("const done = arguments[0]; window.__TAURI_INTERNALS__.invoke('open_analysis', { id: 1 }).then((view) => done({ run: view.run, frames: view.frames.length }), (error) => done({ error }))");
  await window.close();
  await home.remove();
  const line = execFileSync(join(program, "../facefiction"), ["scan", "--fps", String(FPS), "--format", "json", "--quiet", clip], { env: { ...process.env, FACEFICTION_MODELS: home.env.FACEFICTION_MODELS }, maxBuffer: 1 << 30 });
  const own = JSON.parse(line).run.seconds;
  row(`${clip.split("/").at(-1)}: memory while it is examined, peak`, `${Math.round(peak)} MB`);
  row(`${clip.split("/").at(-1)}: time in the window / on the command line`, `${view.run.seconds.toFixed(1)} s / ${own.toFixed(1)} s = ${(view.run.seconds / own).toFixed(2)}`);
}
process.exit(0);

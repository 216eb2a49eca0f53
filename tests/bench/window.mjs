// Measures the real window under Xvfb: `scripts/e2e.sh` is its display, CLIP a video of some minutes.
//   xvfb-run -s "-screen 0 1400x900x24" node tests/bench/window.mjs CLIP...
// Prints a table for docs/window.md. As root it also measures with a cold file cache.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, Home, pause, program, Window } from "../e2e/window.mjs";

const STARTS = 7;
const DROPS = 3;
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

/** A screen whose pixels are a file: looking at it costs the program under test nothing, and needs no driver. */
class Screen {
  static async open() {
    const folder = mkdtempSync(join(tmpdir(), "facefiction-screen-"));
    for (let number = 90; number < 200; number += 1) {
      const server = spawn("Xvfb", [`:${number}`, "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-fbdir", folder], { stdio: "ignore" });
      const ended = new Promise((done) => server.once("exit", () => done(true)));
      if (!await Promise.race([ended, pause(700)])) return new Screen(`:${number}`, server, openSync(join(folder, "Xvfb_screen0"), "r"), folder);
    }
    throw new Error("no free display");
  }

  constructor(name, server, file, folder) {
    Object.assign(this, { name, server, file, folder });
    const head = Buffer.alloc(104);
    readSync(file, head, 0, head.length, 0);
    const word = (n) => head.readUInt32BE(4 * n);
    Object.assign(this, { width: word(4), height: word(5), stride: word(12), at: word(0) + 12 * word(19) });
  }

  /** Colours in the middle of the screen: one while nothing is there, two for an empty page, many for letters. */
  colours() {
    const seen = new Set();
    const line = Buffer.alloc(this.stride);
    for (let y = this.height >> 2; y < (this.height * 3) >> 2; y += 3) {
      readSync(this.file, line, 0, line.length, this.at + y * this.stride);
      for (let x = this.width >> 2; x < (this.width * 3) >> 2; x += 3) seen.add(line.readUInt32LE(4 * x));
    }
    return seen.size;
  }

  async close() {
    const gone = new Promise((done) => this.server.once("exit", done));
    this.server.kill();
    await gone;
    closeSync(this.file);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Letters have edges in many shades. */
const LETTERS = 12;

/** From the start of the process to letters on the screen: the page stays empty until it can be used. */
async function start() {
  const home = new Home(settings);
  const screen = await Screen.open();
  const began = performance.now();
  const window = spawn(program, [], { env: { ...home.env, DISPLAY: screen.name }, stdio: "ignore" });
  const gone = new Promise((done) => window.once("exit", done));
  while (screen.colours() < LETTERS) await pause(5);
  const ms = performance.now() - began;
  window.kill();
  await gone;
  await screen.close();
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
// The models are checked after the first picture, and what that took is given back in two goes.
await pause(15_000);
row("memory, idle", `${Math.round(memory(home.pid()))} MB`);
await idle.close();
await home.remove();

/** From letting go of a dragged clip to the frame of the screen that shows a face which was scored. */
async function drop(clip) {
  const home = new Home({ detectors: [] });
  const window = await Window.open(home);
  await pause(15_000);
  await window.script("const look = () => document.querySelector('.person') && document.querySelector('.stage__boxes .bracket__label') ? (window.faceAt = Date.now()) : requestAnimationFrame(look); look();");
  await window.drop(clip);
  const at = await eventually("a scored face", () => window.script("return window.faceAt ?? null"));
  const ms = at - window.droppedAt;
  await window.close();
  await home.remove();
  return ms;
}

for (const clip of clips) {
  const drops = [];
  for (let n = 0; n < DROPS; n += 1) drops.push(await drop(clip));
  row(`${clip.split("/").at(-1)}: drop to the first scored face, n = ${DROPS}`, `median ${median(drops)} ms (${Math.min(...drops)}–${Math.max(...drops)})`);
  const home = new Home(settings);
  const window = await Window.open(home, [clip]);
  let peak = 0;
  const pid = home.pid();
  const done = () => window.script("return !location.hash.startsWith('#/job') && document.body.innerText.includes('SHA-256') && !document.body.innerText.includes('Examining')");
  for (;;) {
    peak = Math.max(peak, memory(pid));
    if (await done()) break;
    // Adding up memory takes a tenth of a second of a processor; more often it would be measured itself.
    await pause(2000);
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

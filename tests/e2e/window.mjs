// Drives the real window: WebKitWebDriver for the page, xdotool for what only a person with a mouse can do.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "../..");
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const target = process.env.CARGO_TARGET_DIR ?? join(cache, "facefiction/target");
export const program = join(target, "release/facefiction-desktop");
export const sample = (name) => join(root, "assets/samples", name);

/** Far longer than anything takes; only what hangs gets there. */
const PATIENCE = 120_000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** What `look` gives once it gives something; looks again until then. */
export async function eventually(what, look) {
  const end = Date.now() + PATIENCE;
  let last;
  while (Date.now() < end) {
    try {
      const seen = await look();
      if (seen) return seen;
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(`never seen: ${what}${last ? ` (${last.message})` : ""}`);
}

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A home of its own for each test, so that nothing is left over from the last. */
export class Home {
  constructor(settings = {}) {
    this.path = mkdtempSync(join(tmpdir(), "facefiction-e2e-"));
    const chosen = { language: "en", explained: true, detectors: ["manipulated-faces"], sampling: { kind: "perSecond", fps: 5 }, ...settings };
    const config = join(this.path, "config/org.facefiction.desktop");
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, "settings.json"), JSON.stringify({ settings: chosen }));
  }

  /** The environment of a program that lives here. Without a session bus every window is the first. */
  get env() {
    const { HOME: _home, DBUS_SESSION_BUS_ADDRESS: _bus, ...rest } = process.env;
    const at = (name) => join(this.path, name);
    return { ...rest, HOME: this.path, XDG_CONFIG_HOME: at("config"), XDG_DATA_HOME: at("data"), XDG_CACHE_HOME: at("cache"), XDG_RUNTIME_DIR: this.path,
      DBUS_SESSION_BUS_ADDRESS: "disabled:", NO_AT_BRIDGE: "1", MESA_SHADER_CACHE_DISABLE: "true", LANG: "C.UTF-8", LC_ALL: "C.UTF-8", FACEFICTION_MODELS: join(root, "models") };
  }

  /** The process of the program that lives here. */
  pid() {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        if (words[0] === program && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${this.path}\0`)) return Number(pid);
      } catch {
        // It ended between the two looks.
      }
    }
    return null;
  }

  /** The folder of the database. */
  get library() {
    return join(this.path, "data/org.facefiction.desktop/library");
  }

  copy(name, as = name) {
    const to = join(this.path, as);
    cpSync(sample(name), to);
    return to;
  }

  /** The web view's processes end a little later than the window, and write until then. */
  remove() {
    return eventually(`${this.path} gone`, () => {
      rmSync(this.path, { recursive: true, force: true });
      return true;
    });
  }
}

/** The window, driven. */
export class Window {
  static async open(home, files = [], binary = program) {
    const port = await freePort();
    const env = { ...home.env, TAURI_WEBVIEW_AUTOMATION: "true" };
    const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
    const window = new Window(`http://127.0.0.1:${port}`, driver, home);
    await eventually("the driver", () => window.ask("GET", "/status").then((status) => status.ready ?? true));
    const options = { binary, args: files };
    const session = await window.ask("POST", "/session", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } });
    window.session = `/session/${session.sessionId}`;
    await window.ask("POST", `${window.session}/timeouts`, { script: 30_000 });
    await window.see("header.bar");
    return window;
  }

  constructor(base, driver, home) {
    Object.assign(this, { base, driver, home });
  }

  async ask(method, path, body) {
    const answer = await fetch(this.base + path, { method, body: body && JSON.stringify(body), headers: { "content-type": "application/json" } });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Runs `script` (the body of a function) in the page. */
  script(script, ...args) {
    return this.ask("POST", `${this.session}/execute/sync`, { script, args });
  }

  scriptAsync(script, ...args) {
    return this.ask("POST", `${this.session}/execute/async`, { script, args });
  }

  text() {
    return this.script("return document.body.innerText");
  }

  /** Waits for words anywhere in the page. */
  read(...words) {
    return eventually(words.join(", "), async () => {
      const text = await this.text();
      return words.every((word) => (word instanceof RegExp ? word.test(text) : text.includes(word))) && text;
    });
  }

  see(selector) {
    return eventually(selector, () => this.script("return document.querySelector(arguments[0]) !== null", selector));
  }

  go(place) {
    return this.script("location.hash = arguments[0]", place);
  }

  /** Clicks the first visible button, link, tab or entry with this name, as a mouse does. */
  async click(name, within = "body") {
    const find = `
      const named = (e) => (e.getAttribute("aria-label") ?? e.innerText ?? "").trim();
      const all = document.querySelectorAll(arguments[1] + " :is(button, a, [role=button], [role=menuitem], [role=option], [role=radio], [role=tab], label, [role=row])");
      return [...all].find((e) => named(e) === arguments[0] && e.getClientRects().length > 0 && !e.disabled) ?? null`;
    const found = await eventually(`“${name}” to click`, () => this.script(find, name, within));
    await this.ask("POST", `${this.session}/element/${Object.values(found)[0]}/click`, {});
  }

  async type(selector, text) {
    await this.see(selector);
    const found = await this.ask("POST", `${this.session}/element`, { using: "css selector", value: selector });
    await this.ask("POST", `${this.session}/element/${Object.values(found)[0]}/value`, { text });
  }

  press(key) {
    const actions = [{ type: "key", id: "keys", actions: [{ type: "keyDown", value: key }, { type: "keyUp", value: key }] }];
    return this.ask("POST", `${this.session}/actions`, { actions });
  }

  /** Drags files onto the middle of the window with a real mouse. */
  async drop(...files) {
    const source = spawn("/usr/bin/python3", [join(here, "drag_source.py"), ...files], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((done, fail) => {
      source.stdout.once("data", done);
      source.once("exit", () => fail(new Error("there is nothing to drag from")));
    });
    await pause(300);
    const mouse = (...words) => run("xdotool", words.map(String));
    await mouse("mousemove", 30, 30);
    await mouse("mousedown", 1);
    for (let step = 1; step <= 8; step += 1) {
      await mouse("mousemove", 30 + step * 60, 30 + step * 45);
      await pause(120);
    }
    this.hovered = await this.text();
    this.droppedAt = Date.now();
    await mouse("mouseup", 1);
    await new Promise((done) => (source.exitCode === null ? source.once("exit", done) : done()));
  }

  kill() {
    process.kill(this.home.pid(), "SIGKILL");
    this.driver.kill();
  }

  async close() {
    await this.ask("DELETE", this.session).catch(() => {});
    this.driver.kill();
  }
}

/** Works in the dialog of the system that has the focus: types a path and confirms. */
export async function answerDialog(title, path) {
  const found = await eventually(`the dialog “${title}”`, () => run("xdotool", ["search", "--onlyvisible", "--name", title]).then(({ stdout }) => stdout.trim().split("\n").at(-1)));
  await run("xdotool", ["windowfocus", "--sync", found]);
  await run("xdotool", ["key", "--clearmodifiers", "ctrl+a"]);
  await run("xdotool", ["type", "--delay", "20", path]);
  await pause(300);
  await run("xdotool", ["key", "Return"]);
}

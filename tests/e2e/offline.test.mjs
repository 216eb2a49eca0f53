// The window is incapable of talking to a network: system calls of it and of all its children are recorded.
//
// First a whole examination without any driver, in which no socket may be made but local ones. Then, through the
// driver, a page that tries everything a page can try. WebKit itself meets its driver at an address that it is handed
// in WEBKIT_INSPECTOR_SERVER; exactly that address is left out of the second record. What a page reaches for ends at a
// proxy that is not there, and nothing else may be reached for.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, Home, pause, program, sample, Window } from "./window.mjs";

const STRACE = ["-f", "-qq", "-s", "200", "-e", "trace=network,execve"];

/** Families of all sockets that were made. */
const families = (record) => [...new Set([...record.matchAll(/\bsocket(?:pair)?\((AF_\w+|PF_\w+)/g)].map(([, family]) => family))];

/** Addresses in calls of these names, outside this machine's own sockets. */
const addresses = (record, ...calls) => {
  const address = new RegExp(String.raw`\b(?:${calls.join("|")})\(.*?sin6?_port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")`, "g");
  return [...new Set([...record.matchAll(address)].map(([, port, v4, v6]) => `${v4 ?? v6}:${port}`))];
};
const listening = (record) => addresses(record, "bind");
const reached = (record) => addresses(record, "connect", "sendto", "sendmsg", "sendmmsg");

test("a whole examination makes no socket but local ones", async () => {
  const home = new Home();
  const record = join(home.path, "record");
  const child = spawn("strace", [...STRACE, "-o", record, program, sample("clip.mp4")], { env: home.env, stdio: "ignore" });
  try {
    await eventually("the decoder", () => /execve\("[^"]*ffmpeg"/.test(readFileSync(record, "utf8")));
    // Kept: the log of the library has grown by the analysis.
    const log = join(home.library, "facefiction.sqlite3-wal");
    await eventually("the result", () => readFileSync(log).includes("clip.mp4"));
    await pause(2000);
  } finally {
    // strace takes no signals while it writes to a file; it ends with what it watches.
    process.kill(home.pid());
    await new Promise((done) => child.once("exit", done));
  }
  const seen = readFileSync(record, "utf8");
  await home.remove();
  assert.match(seen, /WebKitNetworkProcess/, "the record must follow children for this test to mean anything");
  assert.ok(families(seen).includes("AF_UNIX"));
  assert.deepEqual(families(seen).filter((family) => !["AF_UNIX", "AF_NETLINK"].includes(family)), []);
  assert.deepEqual([...listening(seen), ...reached(seen)], []);
});

/** The proxy that is not there (`proxyUrl`). */
const NOBODY = "127.0.0.1:9";

/** What a page can try; HOST is a listener that would notice. */
const VECTORS = {
  fetch: "fetch('http://HOST/fetch').catch(() => {})",
  request: "const r = new XMLHttpRequest(); r.open('GET', 'http://HOST/xhr'); r.send()",
  image: "new Image().src = 'http://HOST/image'",
  video: "const v = document.createElement('video'); v.src = 'http://HOST/video'; document.body.append(v)",
  script: "const s = document.createElement('script'); s.src = 'http://HOST/script'; document.head.append(s)",
  style: "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = 'http://HOST/style'; document.head.append(l)",
  font: "new FontFace('x', 'url(http://HOST/font)').load().catch(() => {})",
  frame: "const f = document.createElement('iframe'); f.src = 'http://HOST/frame'; document.body.append(f)",
  object: "const o = document.createElement('object'); o.data = 'http://HOST/object'; document.body.append(o)",
  socket: "new WebSocket('ws://HOST/socket')",
  events: "new EventSource('http://HOST/events')",
  beacon: "navigator.sendBeacon('http://HOST/beacon', 'x')",
  prefetch: "const l = document.createElement('link'); l.rel = 'prefetch'; l.href = 'http://HOST/prefetch'; document.head.append(l)",
  preload: "const l = document.createElement('link'); l.rel = 'preload'; l.as = 'image'; l.href = 'http://HOST/preload'; document.head.append(l)",
  preconnect: "const l = document.createElement('link'); l.rel = 'preconnect'; l.href = 'http://HOST'; document.head.append(l)",
  names: "const l = document.createElement('link'); l.rel = 'dns-prefetch'; l.href = '//leak.example.org'; document.head.append(l)",
  ping: "const a = document.createElement('a'); a.href = '#'; a.ping = 'http://HOST/ping'; document.body.append(a); a.click()",
  blank: "const a = document.createElement('a'); a.href = 'http://HOST/blank'; a.target = '_blank'; document.body.append(a); a.click()",
  open: "window.open('http://HOST/open')",
  form: "const f = document.createElement('form'); f.action = 'http://HOST/form'; document.body.append(f); f.submit()",
  worker: "try { new Worker('http://HOST/worker') } catch {}",
  peer: "if (window.RTCPeerConnection) new RTCPeerConnection({ iceServers: [{ urls: 'stun:HOST' }] }).createDataChannel('x')",
  refresh: "const m = document.createElement('meta'); m.httpEquiv = 'refresh'; m.content = '0;url=http://HOST/refresh'; document.head.append(m)",
  location: "location.href = 'http://HOST/location'",
  scheme: "new Image().src = 'frame://localhost/%2Fetc%2Fpasswd'",
};

test("nothing that a page can try leaves the window", async () => {
  const home = new Home();
  let noticed = 0;
  const listener = createServer((socket) => {
    noticed += 1;
    socket.destroy();
  });
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  const host = `127.0.0.1:${listener.address().port}`;
  const record = join(home.path, "record");
  const traced = join(home.path, "traced");
  writeFileSync(traced, `#!/bin/sh\nprintf %s "$WEBKIT_INSPECTOR_SERVER" > '${home.path}/inspector'\nexec strace ${STRACE.join(" ")} -o '${record}' '${program}' "$@"\n`);
  chmodSync(traced, 0o755);
  let window;
  try {
    window = await Window.open(home, [], traced);
    const page = await window.script("return location.href");
    for (const vector of Object.values(VECTORS)) {
      await window.script(`try { ${vector.replaceAll("HOST", host)} } catch {}`);
      await pause(250);
    }
    await pause(2000);
    assert.equal(await window.script("return location.href.split('#')[0]"), page.split("#")[0], "the page is still the program's own");
    assert.equal(noticed, 0);
    // The listener would have noticed.
    await new Promise((done) => connect(listener.address().port, "127.0.0.1").once("close", done).resume());
    assert.equal(noticed, 1);
  } finally {
    await window?.close();
    listener.close();
  }
  const seen = readFileSync(record, "utf8");
  const inspector = readFileSync(join(home.path, "inspector"), "utf8");
  await home.remove();
  assert.match(inspector, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(listening(seen), [inspector], "the driver's own connection, and nothing else");
  assert.deepEqual(reached(seen).filter((address) => ![inspector, NOBODY].includes(address)), []);
});

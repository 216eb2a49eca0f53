#!/usr/bin/env python3
"""Times every backbone of the crate `nets` against ONNX Runtime and PyTorch: same weights, same machine, in turn.

    pip install -r tests/bench/requirements.txt
    cargo build --release -p nets --example time_backbone
    python3 tests/bench/nets_against_onnx.py [--nets NAME ...] [--batches 1 16] [--threads 1 2] [--rounds 7] [--out FILE]

Each network gets weights by a formula (crates/nets/goldens/backbones.py), is exported once to safetensors and ONNX, and must give the same logits in
all three within 1e-4 of their scale before it is timed. Then the three run in turn, round after round. Quoted are, per image, the median and the minimum
of all runs, the ratio of the minima to ONNX Runtime's and PyTorch's (a busy machine only ever adds time, so minima are the steadier figure), and the
median of the ratios round by round with their range. With --clock cpu the processor time of each side takes the place of the clock on the wall: the figure
for one thread on a machine that others use too. The share of the peak counts the multiply-adds of direct convolution against those that one core can
do from registers alone, measured in the same minutes.
"""
import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "crates/nets/goldens"))

# Multiply-adds of one 224 x 224 picture by direct convolution, in millions.
MACS = {"mobilenet-v2": 300.8, "mobilenet-v3-small": 56.5, "efficientnet-lite0": 385.1, "efficientnet-b0": 385.9, "resnet18": 1814.1, "vit-s16": 4607.0}
CNNS = [name for name in MACS if name != "vit-s16"]
SIDE = 224
CLASSES = 1000


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def export(name, folder):
    """The network with its weights as PyTorch module, and in files for the others."""
    import backbones
    import torch
    from safetensors.torch import save_file

    backbones.CLASSES = CLASSES
    gain, make = {n: (g, m) for n, g, m in backbones.nets()}[name]
    net = make(gain, SIDE)
    rename = backbones.lite0_names()[1] if name == "efficientnet-lite0" else lambda n: n
    save_file({rename(k): v.contiguous() for k, v in net.state_dict().items() if "num_batches" not in k}, folder / f"{name}.safetensors")
    torch.onnx.export(net, (torch.zeros(1, 3, SIDE, SIDE),), str(folder / f"{name}.onnx"), input_names=["x"], output_names=["y"], opset_version=17,
                      dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, dynamo=False)
    return net


class Ours:
    """The Rust program, one process for each network and number of threads."""

    def __init__(self, binary, name, folder, threads):
        command = [binary, name, str(folder / f"{name}.safetensors"), str(CLASSES), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"time_backbone ended at: {line}")
        return json.loads(answer)

    def times(self, batch, runs):
        """Milliseconds of each run, and of processor time per run."""
        return self.ask(f"time {SIDE} {batch} {runs}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Called:
    """Something in this process that maps a batch to logits."""

    def __init__(self, run, make):
        self.run, self.make = run, make

    def times(self, batch, runs):
        x, taken, cpu = self.make(batch), [], time.process_time()
        for _ in range(runs):
            start = time.perf_counter()
            self.run(x)
            taken.append(1e3 * (time.perf_counter() - start))
        return taken, 1e3 * (time.process_time() - cpu) / runs


def onnx_runtime(path, threads):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(1)
    return Called(lambda x: session.run(None, {"x": x})[0], lambda n: rng.standard_normal((n, 3, SIDE, SIDE), dtype=np.float32))


def pytorch(net, threads, channels_last):
    import torch

    torch.set_num_threads(threads)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    net = net.to(memory_format=layout)

    def run(x):
        with torch.inference_mode():
            return net(x)

    return Called(run, lambda n: torch.randn(n, 3, SIDE, SIDE).contiguous(memory_format=layout))


def check(ours, ort, net, folder):
    """All three give the same logits; returns the largest difference to PyTorch and the largest logit."""
    import backbones
    import numpy as np
    import torch

    pictures = backbones.pictures(2, SIDE)
    pictures.tofile(folder / "pictures.f32")
    with torch.inference_mode():
        want = net(torch.from_numpy(pictures)).numpy()
    scale = float(np.abs(want).max())
    said = {"ours": np.array(ours.ask(f"logits {folder / 'pictures.f32'} {SIDE} 2")).reshape(want.shape), "onnxruntime": ort.run(pictures)}
    off = {side: float(np.abs(got - want).max()) for side, got in said.items()}
    for side, worst in off.items():
        if not worst <= 1e-4 * max(scale, 1.0):
            sys.exit(f"{side} is {worst:.1e} off PyTorch, whose logits reach {scale:.2f}")
    return off["ours"], scale


def measure(sides, batch, rounds, budget, clock):
    """Runs the sides in turn; how many runs a round follows from the first ones."""
    runs = {}
    for name, side in sides.items():
        side.times(batch, 1)
        runs[name] = max(1, min(200, int(budget / max(side.times(batch, 1)[0][0] / 1e3, 1e-4))))
    taken = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            time.sleep(0.02)  # threads of the side before stop spinning
            wall, cpu = side.times(batch, runs[name])
            taken[name].append([t / batch for t in (wall if clock == "wall" else [cpu])])
    return taken


def row(name, batch, threads, taken, peak):
    least = {side: min(min(r) for r in rounds) for side, rounds in taken.items()}
    middle = {side: statistics.median(t for r in rounds for t in r) for side, rounds in taken.items()}
    torch_side = min((s for s in taken if s.startswith("torch")), key=least.get)
    pairs = [min(a) / min(b) for a, b in zip(taken["ours"], taken["ort"])]
    share = 2 * MACS[name] / 1e3 / least["ours"] / (peak * threads) * 1e3
    return {"net": name, "batch": batch, "threads": threads, "ours": [middle["ours"], least["ours"]], "ort": [middle["ort"], least["ort"]],
            "torch": [middle[torch_side], least[torch_side]], "torch_layout": torch_side, "to_ort": least["ours"] / least["ort"],
            "to_torch": least["ours"] / least[torch_side], "pairs": [statistics.median(pairs), min(pairs), max(pairs)], "share": share}


def table(rows, peaks, off, rounds, clock):
    import onnxruntime
    import torch

    lines = [f"{cpu_name()}, {os.cpu_count()} processors; one core does {max(peaks):.1f} GFLOPS from registers ({min(peaks):.1f} at worst in these minutes); "
             f"ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__} (the faster of its two layouts); {rounds} rounds; ms per image, median / minimum", "",
             "| network | batch | threads | nets | ONNX Runtime | PyTorch | nets : ORT, minima | round by round, median (range) | nets : PyTorch, minima | share of peak |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    two = lambda pair: f"{pair[0]:.2f} / {pair[1]:.2f}"
    for r in rows:
        lines.append(f"| {r['net']} | {r['batch']} | {r['threads']} | {two(r['ours'])} | {two(r['ort'])} | {two(r['torch'])} | **{r['to_ort']:.2f}** | "
                     f"{r['pairs'][0]:.2f} ({r['pairs'][1]:.2f}–{r['pairs'][2]:.2f}) | {r['to_torch']:.2f} | {100 * r['share']:.0f} % |")
    lines.append("")
    for batch, threads in sorted({(r["batch"], r["threads"]) for r in rows}):
        group = [r for r in rows if r["net"] in CNNS and (r["batch"], r["threads"]) == (batch, threads)]
        if group:
            mean = lambda values: math.exp(statistics.fmean(map(math.log, values)))
            lines.append(f"Batch {batch}, {threads} thread(s), geometric mean over {len(group)} CNNs of nets : ONNX Runtime: **{mean([r['to_ort'] for r in group]):.2f}** "
                         f"of minima, {mean([r['pairs'][0] for r in group]):.2f} round by round; worst {max(r['to_ort'] for r in group):.2f}.")
    lines += ["", "Largest difference of a logit to PyTorch's: " + ", ".join(f"{n} {o:.0e} of {s:.1f}" for n, (o, s) in off.items()) + "."]
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--nets", nargs="+", default=list(MACS), choices=list(MACS))
    arguments.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    arguments.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=float, default=0.4, help="about how long a side runs in a round")
    arguments.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    arguments.add_argument("--without-torch", action="store_true", help="leave PyTorch out of the rounds")
    arguments.add_argument("--program", default=os.environ.get("TIME_BACKBONE", str(ROOT / "target/release/examples/time_backbone")))
    arguments.add_argument("--folder", help="keep the exported weights here")
    arguments.add_argument("--out", help="write the table here as Markdown too, and the figures beside it as JSON")
    a = arguments.parse_args()
    if not Path(a.program).exists():
        sys.exit(f"build it first (cargo build --release -p nets --example time_backbone) or name it with --program: {a.program}")
    rows, peaks, off = [], [], {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(a.folder or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in a.nets:
            net = export(name, folder)
            for threads in a.threads:
                ours = Ours(a.program, name, folder, threads)
                peaks.append(ours.ask("peak"))
                sides = {"ours": ours, "ort": onnx_runtime(folder / f"{name}.onnx", threads)}
                off[name] = check(ours, sides["ort"], net, folder)
                if not a.without_torch:
                    sides["torch"] = pytorch(net, threads, channels_last=False)
                for batch in a.batches:
                    taken = measure(sides, batch, a.rounds, a.seconds, a.clock)
                    if a.without_torch:
                        taken["torch"] = [[math.inf]]
                    elif name != "vit-s16":
                        last = pytorch(net, threads, channels_last=True)
                        taken["torch channels last"] = measure({"t": last}, batch, max(2, a.rounds // 2), a.seconds, a.clock)["t"]
                        sides["torch"] = pytorch(net, threads, channels_last=False)
                    peaks.append(ours.ask("peak"))
                    rows.append(row(name, batch, threads, taken, max(peaks)))
                    print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
                ours.close()
    text = table(rows, peaks, off, a.rounds, a.clock)
    print(text)
    if a.out:
        Path(a.out).write_text(text + "\n")
        Path(a.out).with_suffix(".json").write_text(json.dumps({"cpu": cpu_name(), "peaks": peaks, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

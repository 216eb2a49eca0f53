"""Times whole training loops in turn: this program's by a recipe, and a script's that prints "step N ... X images/s".

    cargo build --release --workspace --bin facefiction
    python3 tests/bench/train_loop.py --script ../shared/baseline/train_swapped.py --cache LANDMARKS.pkl [--python PYTHON] [--rounds 2]

Both load, augment, blend and learn MobileNetV2 at 128 px from the same lists with batches of 48, from random weights (the
speed is the same), on as many processors as there are: `crates/train/recipes/swapped.toml` here, and the script with one
thread for the network and one process for the pictures. Each round starts both, waits for a hundred steps, reads the
pace after the first ones and ends them. LANDMARKS.pkl is what the script's own `landmarks` writes; PYTHON is an
interpreter that has what the script needs (torch, torchvision, OpenCV, scipy).
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release/facefiction"
RECIPE = ROOT / "crates/train/recipes/swapped.toml"
STEPS, BATCH, FIRST = 100, 48, 5


def ended(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ours(threads: int) -> float:
    """Images a second over the steps after the first ones."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "recipe.toml"
        text = re.sub(r"^weights = .*\n", "", RECIPE.read_text(), flags=re.M)
        text = re.sub(r'"((?:\.\./)+[^"]*)"', lambda m: json.dumps(str((RECIPE.parent / m[1]).resolve())), text)
        recipe.write_text(text)
        out = Path(folder) / "run"
        command = [PROGRAM, "train", recipe, "--out", out, "--threads", str(threads)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        log = out / "metrics.jsonl"
        rates = []
        while len(rates) < STEPS:
            if process.poll() is not None:
                sys.exit(f"ended early: {process.stderr.read().decode()[-800:]}")
            time.sleep(1)
            lines = log.read_text().splitlines() if log.exists() else []
            rates = [json.loads(line)["images_per_second"] for line in lines if '"images_per_second"' in line and line.endswith("}")]
        ended(process)
    used = rates[FIRST:STEPS]
    return len(used) / sum(1 / r for r in used)


def theirs(args: argparse.Namespace) -> float:
    """Images a second as the script says after its first hundred steps."""
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "random.pth"
        make = f"import torch, torchvision; torch.save(torchvision.models.mobilenet_v2(weights=None).state_dict(), {str(weights)!r})"
        subprocess.run([args.python, "-c", make], check=True)
        command = [args.python, args.script, "train", args.cache, weights, Path(folder) / "out.safetensors", "100000"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        for line in process.stdout:
            if found := re.search(rf"step {STEPS} .* ([0-9.]+) images/s", line):
                os.killpg(process.pid, 9)
                process.wait()
                return float(found[1])
    sys.exit("the script ended early")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    rows = []
    for n in range(args.rounds):
        rows.append((ours(args.threads), theirs(args)))
        print(f"round {n + 1}: {rows[-1][0]:.1f} images/s here, {rows[-1][1]:.1f} there: {rows[-1][0] / rows[-1][1]:.2f} times", flush=True)
    ratios = [a / b for a, b in rows]
    print(f"median {statistics.median(a for a, _ in rows):.1f} and {statistics.median(b for _, b in rows):.1f} images/s; ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


if __name__ == "__main__":
    main()

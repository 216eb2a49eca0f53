#!/usr/bin/env python3
"""Peak memory and time of `facefiction scan` on long clips made by looping a short one.

    python3 tests/bench/memory.py [--minutes 1 10 60] [--fps F] [--threads N] [--work DIR] CLIP

The clip is looped without re-encoding. Memory is sampled every 50 ms from /proc over the whole process tree (ffmpeg included): the largest
sum of proportional set sizes, and beside it the largest resident set of facefiction alone.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def children(pid):
    """The process and all below it."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(p for child in below for p in children(int(child)))]


def field(pid, file, name):
    """A field of /proc/PID/FILE in MB, 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def measure(command):
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        tree = own = 0.0
        while process.poll() is None:
            tree = max(tree, sum(field(p, "smaps_rollup", "Pss:") for p in children(process.pid)))
            own = max(own, field(process.pid, "status", "VmHWM:"))
            time.sleep(0.05)
        if process.returncode:
            sys.exit(f"failed with {process.returncode}: {' '.join(map(str, command))}")
        out.seek(0)
        frames = sum(len(json.loads(line)["timeline"]) for line in out)
    return time.perf_counter() - started, tree, own, frames


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clip")
    arguments.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60])
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--work", default=tempfile.gettempdir())
    arguments.add_argument("--facefiction", default=os.environ.get("FACEFICTION", "facefiction"))
    a = arguments.parse_args()
    print("| minutes | frames examined | seconds | peak MB, whole tree | peak MB, facefiction alone |\n|---|---|---|---|---|")
    for minutes in a.minutes:
        looped = Path(a.work) / f"looped-{minutes:g}min{Path(a.clip).suffix}"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", a.clip, "-t", str(minutes * 60), "-map", "0:v:0", "-c", "copy",
                        str(looped)], check=True)
        seconds, tree, own, frames = measure([a.facefiction, "scan", "--format", "json", "--quiet", "--fps", str(a.fps), "--threads", str(a.threads),
                                              "--", str(looped)])
        print(f"| {minutes:g} | {frames} | {seconds:.1f} | {tree:.0f} | {own:.0f} |", flush=True)
        looped.unlink()


if __name__ == "__main__":
    main()

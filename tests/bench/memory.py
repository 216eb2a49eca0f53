#!/usr/bin/env python3
"""Peak memory and time of `facefiction scan` against what it is given: long clips made by looping a short one, folders of many stills.

    python3 tests/bench/memory.py [--minutes 1 10 60] [--files 10 100 1000] [--fps F] [--threads N] [--work DIR] [--plot FILE.svg] [--stills FOLDER] [CLIP]

The clip is looped without re-encoding; a folder holds links to the first pictures of FOLDER and below, by name. Memory is sampled every 50 ms
from /proc over the whole process tree (ffmpeg included): the largest sum of proportional set sizes, and beside it the largest resident set of
facefiction alone. --plot draws time and memory against both (pip install matplotlib).
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
        frames = sum(len(json.loads(line).get("timeline") or []) for line in out)
    return time.perf_counter() - started, tree, own, frames


def clips(a, scan):
    """A row for each length."""
    print("| minutes | frames examined | seconds | peak MB, whole tree | peak MB, facefiction alone |\n|---|---|---|---|---|")
    for minutes in a.minutes:
        looped = Path(a.work) / f"looped-{minutes:g}min{Path(a.clip).suffix}"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", a.clip, "-t", str(minutes * 60), "-map", "0:v:0", "-c", "copy",
                        str(looped)], check=True)
        seconds, tree, own, frames = measure([*scan, str(looped)])
        print(f"| {minutes:g} | {frames} | {seconds:.1f} | {tree:.0f} | {own:.0f} |", flush=True)
        looped.unlink()
        yield minutes, seconds, tree, own


def folders(a, scan):
    """A row for each number of files."""
    pictures = sorted(p for p in Path(a.stills).rglob("*") if p.suffix in (".jpg", ".jpeg", ".png", ".webp"))
    print("| stills | seconds | a still, ms | peak MB, whole tree | peak MB, facefiction alone |\n|---|---|---|---|---|")
    for count in a.files:
        if count > len(pictures):
            sys.exit(f"{a.stills} holds {len(pictures)} pictures only")
        with tempfile.TemporaryDirectory(dir=a.work) as folder:
            for number, picture in enumerate(pictures[:count]):
                (Path(folder) / f"{number:05}{picture.suffix}").hardlink_to(picture)
            seconds, tree, own, _ = measure([*scan, folder])
        print(f"| {count} | {seconds:.1f} | {1e3 * seconds / count:.0f} | {tree:.0f} | {own:.0f} |", flush=True)
        yield count, seconds, tree, own


def plot(file, rows):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "facefiction"
    figure, axes = pyplot.subplots(2, len(rows), figsize=(4.5 * len(rows), 5), squeeze=False)
    for column, (what, points) in enumerate(rows.items()):
        amount, seconds, tree, own = zip(*points)
        time_axis, memory_axis = axes[0][column], axes[1][column]
        time_axis.plot(amount, seconds, "o-", color="#2f6f8f")
        time_axis.set(xscale="log", yscale="log", ylabel="seconds")
        memory_axis.plot(amount, tree, "o-", color="#2f6f8f", label="whole tree")
        memory_axis.plot(amount, own, "s--", color="#b0682c", label="facefiction alone")
        memory_axis.set(xscale="log", ylim=(0, None), xlabel=what, ylabel="peak MB")
        memory_axis.legend()
        for axis in (time_axis, memory_axis):
            axis.set_xticks(amount, [f"{n:g}" for n in amount])
            axis.minorticks_off()
            axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clip", nargs="?")
    arguments.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60])
    arguments.add_argument("--files", type=int, nargs="+", default=[10, 100, 1000])
    arguments.add_argument("--stills", help="a folder of pictures")
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--work", default=tempfile.gettempdir(), help="where clips and folders are made; on the pictures' file system")
    arguments.add_argument("--plot", help="an SVG file")
    arguments.add_argument("--facefiction", default=os.environ.get("FACEFICTION", "facefiction"))
    a = arguments.parse_args()
    scan = [a.facefiction, "scan", "--format", "json", "--quiet", "--fps", str(a.fps), "--threads", str(a.threads), "--"]
    rows = {}
    if a.clip:
        rows["minutes of video"] = list(clips(a, scan))
    if a.stills:
        rows["stills in a folder"] = list(folders(a, scan))
    if a.plot and rows:
        plot(a.plot, rows)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times the whole of `facefiction scan` against decoding alone (`ffmpeg -f null`), in turn, on the same clips and threads; and the start on a still.

    python3 tests/bench/scan_against_decode.py [--runs N] [--threads N] [--fps F] [--still FILE] CLIP...

Whole processes, the clips one after the other; quoted are the medians and minima by the wall and of processor time, children included.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time


def timed(commands):
    """Wall and processor seconds of commands that must succeed, one after the other."""
    wall, before = time.perf_counter(), os.times()
    for command in commands:
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"failed: {' '.join(map(str, command))}")
    after = os.times()
    return time.perf_counter() - wall, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="*")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--still", help="a picture with a face: how long from the start of the program to its result")
    arguments.add_argument("--facefiction", default=os.environ.get("FACEFICTION", "facefiction"))
    a = arguments.parse_args()
    threads = str(a.threads)
    scan = [a.facefiction, "scan", "--format", "json", "--quiet", "--threads", threads, "--fps", str(a.fps), "--"]
    sides = {}
    if a.clips:
        sides["facefiction scan"] = [[*scan, *a.clips]]
        sides["ffmpeg -f null"] = [["ffmpeg", "-nostdin", "-v", "error", "-threads", threads, "-i", clip, "-map", "0:v:0", "-f", "null", "-"] for clip in a.clips]
    if a.still:
        sides["facefiction scan, one still"] = [[*scan, a.still]]
    taken = {name: [] for name in sides}
    for run in range(a.runs + 1):
        for name, commands in sides.items():
            figures = timed(commands)
            if run:  # the first round warms the caches
                taken[name].append(figures)
    print(f"{threads} thread(s), {a.fps:g} frames/s, {a.runs} rounds after a warm-up\n\n| | wall s, median / minimum | processor s, median / minimum |\n|---|---|---|")
    for name, rows in taken.items():
        wall, cpu = zip(*rows)
        print(f"| {name} | {statistics.median(wall):.3f} / {min(wall):.3f} | {statistics.median(cpu):.3f} / {min(cpu):.3f} |")
    if a.clips:
        ours, alone = (taken[name] for name in list(sides)[:2])
        for which, name in enumerate(("wall", "processor time")):
            ratios = [o[which] / d[which] for o, d in zip(ours, alone)]
            print(f"\nscan : decode by {name}, pair by pair: median {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")


if __name__ == "__main__":
    main()

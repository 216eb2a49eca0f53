#!/usr/bin/env python3
"""What a second processor brings to `facefiction scan`, and the most that it can bring on this machine.

    python3 tests/bench/two_processors.py [--runs N] [--fps F] CLIP...

In turn: the scan with everything it starts on one processor; the same with two threads on two; and two scans at once, one on each processor,
neither waiting for the other. Twice the first divided by the last is the machine's own limit: 2.0 where the processors are cores of their
own, less where they are two threads of one core or share their memory's bandwidth. Linux only.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time


def timed(runs):
    """Wall seconds until all of [(command, processors)] that were started together have succeeded."""
    started = time.perf_counter()
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda on=processors: os.sched_setaffinity(0, on))
        for command, processors in runs
    ]
    if any([process.wait() for process in processes]):
        sys.exit(f"failed: {' '.join(runs[0][0])}")
    return time.perf_counter() - started


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="+")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--facefiction", default=os.environ.get("FACEFICTION", "facefiction"))
    a = arguments.parse_args()
    first, second, *_ = sorted(os.sched_getaffinity(0)) + [None, None]
    if second is None:
        sys.exit("this machine has one processor")
    scan = lambda threads: [a.facefiction, "scan", "--format", "json", "--quiet", "--threads", threads, "--fps", str(a.fps), "--", *a.clips]
    sides = {
        "one processor": [(scan("1"), {first})],
        "two processors, two threads": [(scan("2"), {first, second})],
        "two scans, a processor each": [(scan("1"), {first}), (scan("1"), {second})],
    }
    taken = {name: [] for name in sides}
    for run in range(a.runs + 1):
        for name, runs in sides.items():
            seconds = timed(runs)
            if run:  # the first round warms the caches
                taken[name].append(seconds)
    print(f"{a.fps:g} frames/s, {a.runs} rounds after a warm-up\n\n| | wall s, median (min–max) |\n|---|---|")
    for name, seconds in taken.items():
        print(f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) |")
    one, both, each = taken.values()
    for name, ratios in (("the second processor makes a scan faster", [o / b for o, b in zip(one, both)]), ("the machine's limit", [2 * o / e for o, e in zip(one, each)])):
        print(f"\n{name}, round by round: {statistics.median(ratios):.2f} times ({min(ratios):.2f}–{max(ratios):.2f})")


if __name__ == "__main__":
    main()

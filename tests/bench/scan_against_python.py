#!/usr/bin/env python3
"""Times the whole of `facefiction scan` against the same work in Python, in turn, on the same clips, stills or folders of them.

    python3 tests/bench/scan_against_python.py [--runs N] [--threads N] [--fps F] [--min-face PX] [--out FILE] CLIP...

The Python side is the usual one (python_pipeline.py: facenet-pytorch's MTCNN, torchvision) or, with --yunet, the fastest we know
(python_fast_pipeline.py: YuNet on frames of 640 px, ONNX Runtime), whose networks are exported before anything is timed.

Both sides run as whole processes (start-up, model loading and decoding included), one after the other, N times; what is quoted is the
median of each and the median of the ratios pair by pair. Memory is the largest resident set of the process tree's largest member.
The Python side needs `pip install -r tests/bench/requirements.txt` and `pip install --no-deps facenet-pytorch==2.6.0`; name its
interpreter with --python.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def timed(command, env):
    """Wall seconds, CPU seconds, peak MB and standard output of a command that must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return {"wall": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}, out.decode()


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="+")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--min-face", type=int, default=24)
    arguments.add_argument("--detector", default=None, help="facefiction's --detector; its default when absent")
    arguments.add_argument("--yunet", help="face_detection_yunet ONNX file: compare with the fastest Python pipeline")
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--facefiction", default=os.environ.get("FACEFICTION", "facefiction"))
    arguments.add_argument("--out", help="write the table here as Markdown too")
    a = arguments.parse_args()

    threads = str(a.threads)
    env = dict(os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads,
               OPENCV_FFMPEG_CAPTURE_OPTIONS=f"threads;{threads}")
    ours = [a.facefiction, "scan", "--format", "json", "--quiet", "--threads", threads, "--fps", str(a.fps)]
    if a.detector:
        ours += ["--detector", a.detector]
    ours += ["--", *a.clips]
    theirs = [a.python, str(ROOT / "tests/bench/python_pipeline.py"), str(ROOT / "models"), threads, str(a.fps),
              str(a.min_face), *a.clips]
    exported = tempfile.TemporaryDirectory()
    if a.yunet:
        fast = [a.python, str(ROOT / "tests/bench/python_fast_pipeline.py")]
        timed([*fast, "export", str(ROOT / "models"), exported.name], env)
        theirs = [*fast, a.yunet, exported.name, threads, str(a.fps), *a.clips]
    runs = {"facefiction": [], "python": []}
    said = {}
    for run in range(a.runs + 1):
        for name, command in (("facefiction", ours), ("python", theirs)):
            figures, said[name] = timed(command, env)
            if run:  # the first round warms the caches
                runs[name].append(figures)
    items = [json.loads(line) for line in said["facefiction"].splitlines()]
    frames = sum(len(i["timeline"]) for i in items)
    faces = sum(len(f["faces"]) for i in items for f in i["timeline"])
    python = [json.loads(line) for line in said["python"].splitlines()]
    lines = [
        f"{cpu_name()}, {a.threads} thread(s), {a.fps} frames/s, {'YuNet at 640 px and ONNX Runtime' if a.yunet else f'smallest face {a.min_face} px'}, {a.runs} rounds after a warm-up",
        "files: " + ", ".join(Path(c).name for c in a.clips),
        "",
        "| | wall s, median (min–max) | CPU s, median | peak MB | sampled frames | faces |",
        "|---|---|---|---|---|---|",
    ]
    seen = {"facefiction": (frames, faces), "python": (sum(p["frames"] for p in python), sum(p["faces"] for p in python))}
    for name, rows in runs.items():
        wall = [r["wall"] for r in rows]
        lines.append(f"| {name} | {statistics.median(wall):.2f} ({min(wall):.2f}–{max(wall):.2f}) | "
                     f"{statistics.median(r['cpu'] for r in rows):.2f} | {max(r['peak_mb'] for r in rows):.0f} | {seen[name][0]} | {seen[name][1]} |")
    ratios = [p["wall"] / f["wall"] for f, p in zip(runs["facefiction"], runs["python"])]
    lines += ["", f"facefiction is **{statistics.median(ratios):.1f} times** faster (pair by pair {min(ratios):.1f}–{max(ratios):.1f})."]
    text = "\n".join(lines)
    print(text)
    if a.out:
        Path(a.out).write_text(text + "\n")


if __name__ == "__main__":
    main()

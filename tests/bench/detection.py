#!/usr/bin/env python3
"""Times face detection on the frames of a clip: facefiction's default, MTCNN alone, OpenCV's YuNet at 640 px and facenet-pytorch's MTCNN, in turn.

    pip install -r tests/bench/requirements.txt && pip install --no-deps facenet-pytorch==2.6.0
    cargo build --release -p faces --example time_detection
    python3 tests/bench/detection.py --yunet yunet_n_640_640.onnx [--rounds 3] [--threads 1] [--min-face 20] CLIP...

Five frames a second are decoded once; each side then sees the same pixels, round after round. Quoted are milliseconds per frame: of processor time (the
figure to compare on a machine that others use) and by the wall, each the least of the rounds. facefiction's default finds faces from 28 px and includes
tracks and cuts; YuNet sees the frame shrunk to 640 px, the shrinking included, so its smallest face is three times larger in a 1080p frame.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import python_frames

ROOT = Path(__file__).resolve().parents[2]


def decode(clip, fps):
    """The first frame of each cell of 1 / fps seconds, RGB."""
    return [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in python_frames.frames(clip, fps)]


class Ours:
    def __init__(self, program, frames, folder, threads):
        height, width = frames[0].shape[:2]
        path = Path(folder) / "frames.rgb"
        with path.open("wb") as out:
            for frame in frames:
                out.write(np.ascontiguousarray(frame).tobytes())
        command = [program, str(ROOT / "models"), str(width), str(height), str(path), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        each, cpu, faces = json.loads(self.process.stdout.readline())
        return cpu / len(each), sum(each) / len(each), faces

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def called(find, frames):
    cpu, wall, faces = time.process_time(), time.perf_counter(), 0
    for frame in frames:
        faces += find(frame)
    return 1e3 * (time.process_time() - cpu) / len(frames), 1e3 * (time.perf_counter() - wall) / len(frames), faces


def yunet(model, shape, score):
    height, width = shape[:2]
    size = (640, round(height * 640 / width))
    net = cv2.FaceDetectorYN.create(str(model), "", size, score)

    def find(frame):
        found = net.detect(cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), size, interpolation=cv2.INTER_AREA))[1]
        return 0 if found is None else len(found)

    return find


def facenet(min_face):
    import torch
    from facenet_pytorch import MTCNN

    net = MTCNN(keep_all=True, min_face_size=min_face, device="cpu")

    def find(frame):
        with torch.inference_mode():
            boxes = net.detect(frame)[0]
        return 0 if boxes is None else len(boxes)

    return find


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clips", nargs="+")
    arguments.add_argument("--yunet", required=True, help="face_detection_yunet ONNX file")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--fps", type=float, default=5)
    arguments.add_argument("--min-face", type=int, default=20)
    arguments.add_argument("--without-facenet", action="store_true")
    arguments.add_argument("--program", default=os.environ.get("TIME_DETECTION", str(ROOT / "target/release/examples/time_detection")))
    a = arguments.parse_args()
    if not Path(a.program).exists():
        sys.exit(f"build it first (cargo build --release -p faces --example time_detection) or name it with --program: {a.program}")
    cv2.setNumThreads(a.threads)
    if not a.without_facenet:
        import torch
        torch.set_num_threads(a.threads)
    print(f"{a.threads} thread(s), {a.fps:g} frames/s, ms per frame: processor / wall, least of {a.rounds} rounds\n")
    print("| clip | frames | side | processor ms | wall ms | faces |\n|---|---|---|---|---|---|")
    for clip in a.clips:
        frames = decode(clip, a.fps)
        with tempfile.TemporaryDirectory() as folder:
            ours = Ours(a.program, frames, folder, a.threads)
            find = yunet(a.yunet, frames[0].shape, 0.7)
            sides = {"facefiction default": lambda: ours.ask("default"), "YuNet at 640": lambda: called(find, frames),
                     "facefiction, every frame in full": lambda: ours.ask("full"), f"facefiction MTCNN, {a.min_face} px": lambda: ours.ask(f"mtcnn {a.min_face}")}
            if not a.without_facenet:
                theirs = facenet(a.min_face)
                sides[f"facenet-pytorch MTCNN, {a.min_face} px"] = lambda: called(theirs, frames)
            taken = {name: [] for name in sides}
            for round_ in range(a.rounds):
                for name, side in sides.items():
                    taken[name].append(side())
            for name, rounds in taken.items():
                cpu, wall = min(r[0] for r in rounds), min(r[1] for r in rounds)
                print(f"| {Path(clip).name} | {len(frames)} | {name} | {cpu:.1f} | {wall:.1f} | {rounds[-1][2]} |", flush=True)
            ours.close()


if __name__ == "__main__":
    main()

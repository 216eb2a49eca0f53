#!/usr/bin/env python3
"""Compares what the product's detectors found with YuNet, for docs/face-detection.md.

    python compare_detectors.py YUNET.onnx LIST FOUND.csv...

LIST holds one picture path a line; each FOUND.csv was written for the same list by the example `export_faces`.
Prints how many of YuNet's boxes (score >= 0.7, at least 20 px wide and high) each detector has too, and how many of its own
YuNet has not, at several scores and with and without the face mesh's word. Needs opencv-python-headless.
"""
import csv
import sys
from pathlib import Path

import cv2


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, w) * max(0, h)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def matched(box, others):
    return any(iou(box, other) > 0.3 for other in others)


def main():
    model, listing, *found = sys.argv[1:]
    cv2.setNumThreads(1)
    yunet = cv2.FaceDetectorYN.create(model, "", (320, 320), 0.7, 0.45, 5000)
    peer = {}
    for line in Path(listing).read_text().splitlines():
        picture = cv2.imread(str(Path(listing).parent / line))
        yunet.setInputSize(picture.shape[1::-1])
        boxes = yunet.detect(picture)[1]
        peer[line] = [] if boxes is None else boxes[:, :4].tolist()
    wanted = {path: [b for b in boxes if min(b[2:]) >= 20] for path, boxes in peer.items()}
    print(f"YuNet: {sum(map(len, wanted.values()))} boxes in {len(peer)} pictures")
    for name in found:
        own = {}
        with open(name, newline="") as file:
            for r in csv.DictReader(file):
                own.setdefault(r["path"], []).append([float(r[k]) for k in ("x", "y", "w", "h", "score", "presence")])
        for score in (0.5, 0.6, 0.7, 0.8, 0.9, 0.98):
            for presence in (0, 0.5):
                kept = {p: [f for f in faces if f[4] >= score and f[5] >= presence] for p, faces in own.items()}
                hit = sum(matched(b, kept.get(p, [])) for p, boxes in wanted.items() for b in boxes)
                extra = sum(not matched(f, peer[p]) for p, faces in kept.items() for f in faces)
                print(f"{name}: score >= {score}, presence >= {presence}: found {hit}, extra {extra}")


if __name__ == "__main__":
    main()

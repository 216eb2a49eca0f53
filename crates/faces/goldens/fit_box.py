#!/usr/bin/env python3
"""Fits the canonical face box of `crates/faces/src/crop.rs` and says how good it is.

The detectors' crops are defined on YuNet's boxes. Every detector of this product gives the same five
landmarks, so the box is predicted from those: mirror-symmetric linear functions of landmark differences.

    python fit_box.py ../shared/data/stills.csv [FACES.csv]

Without FACES.csv the landmarks of the list itself (YuNet's) are used; with it those that the product found
(columns path, x, y, w, h, lm0_x … lm4_y; written by `cargo run --release -p faces --example export_faces`).
Fits on the `train` rows, reports the IoU with YuNet's box on the `val` rows. Needs numpy only.
"""
import csv
import sys

import numpy as np


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def columns(row, names):
    return [float(row[name]) for name in names]


MARKS = [f"lm{k}_{axis}" for k in range(5) for axis in "xy"]
BOX = ["box_x", "box_y", "box_w", "box_h"]


def iou(a, b):
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    common = np.clip(high - low, 0, None).prod(1)
    return common / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - common)


def basis(marks):
    """marks [n, 5, 2] -> centre [n, 2], size [n], odd [n, 4] and even [n, 8] features (pixels)."""
    eyes, mouth = marks[:, :2].mean(1), marks[:, 3:].mean(1)
    across_eyes, across_mouth = marks[:, 1] - marks[:, 0], marks[:, 4] - marks[:, 3]
    down = mouth - eyes
    nose = marks[:, 2] - (eyes + mouth) / 2
    centre = marks.mean(1)
    size = np.sqrt(((marks - centre[:, None]) ** 2).sum(2).mean(1))
    odd = np.stack([down[:, 0], nose[:, 0], across_eyes[:, 1], across_mouth[:, 1]], 1)
    even = np.stack([across_eyes[:, 0], across_mouth[:, 0], down[:, 1], nose[:, 1], size], 1)
    return centre, size, odd, np.c_[even, abs(odd[:, :3])]


def main():
    rows = [r for r in read(sys.argv[1]) if r["box_x"]]
    truth = np.array([columns(r, BOX) for r in rows])
    marks = np.array([columns(r, MARKS) for r in rows])
    own = None
    if len(sys.argv) > 2:
        found = {r["path"]: r for r in read(sys.argv[2])}
        keep = np.array([r["path"] in found for r in rows])
        print(f"{keep.sum()} of {len(rows)} faces found")
        rows, truth = [r for r, k in zip(rows, keep) if k], truth[keep]
        marks = np.array([columns(found[r["path"]], MARKS) for r in rows])
        own = np.array([columns(found[r["path"]], "xywh") for r in rows])
        near = iou(own, truth) > 0.3  # the same face, not a neighbour
        print(f"{near.sum()} of them are the listed face")
        rows, truth, marks, own = [r for r, k in zip(rows, near) if k], truth[near], marks[near], own[near]
    marks = marks.reshape(-1, 5, 2)
    val = np.array([r["split"] == "val" for r in rows])

    centre, size, odd, even = basis(marks)
    middle = truth[:, :2] + truth[:, 2:] / 2 - centre
    targets = {
        "CENTER_X": (odd, middle[:, 0]),
        "CENTER_Y": (even, middle[:, 1]),
        "WIDTH": (even, truth[:, 2]),
        "HEIGHT": (even, truth[:, 3]),
    }
    predicted = {}
    for name, (features, target) in targets.items():
        a, b = features[~val] / size[~val, None], target[~val] / size[~val]
        weights = np.linalg.lstsq(a, b, rcond=None)[0]
        for _ in range(10):  # Huber weights: a few boxes of the list are odd
            error = abs(a @ weights - b)
            w = np.sqrt(np.minimum(1, 1.5 * np.median(error) / np.maximum(error, 1e-9)))
            weights = np.linalg.lstsq(a * w[:, None], b * w, rcond=None)[0]
        weights = np.round(weights, 3)
        print(f"const {name}: [f32; {len(weights)}] = [{', '.join(f'{v:.3f}' for v in weights)}];")
        predicted[name] = features @ weights
    wh = np.stack([predicted["WIDTH"], predicted["HEIGHT"]], 1)
    xy = centre + np.stack([predicted["CENTER_X"], predicted["CENTER_Y"]], 1) - wh / 2
    for name, boxes in (("detector's own box", own), ("canonical box", np.c_[xy, wh])):
        if boxes is not None:
            value = iou(boxes, truth)[val]
            print(f"{name}: IoU with YuNet's box on {len(value)} val faces: mean {value.mean():.4f}, "
                  f"median {np.median(value):.4f}, 5th percentile {np.percentile(value, 5):.4f}, below 0.8: {np.mean(value < 0.8):.4f}")
            centres = (boxes[:, :2] + boxes[:, 2:] / 2 - truth[:, :2] - truth[:, 2:] / 2)[val] / truth[val, 3:]
            ratio = boxes[val, 3] / truth[val, 3]
            print(f"    centre off by {np.median(np.hypot(*centres.T)):.4f} heights (median), height ratio {np.median(ratio):.4f} "
                  f"[{np.percentile(ratio, 5):.3f}, {np.percentile(ratio, 95):.3f}]")


if __name__ == "__main__":
    main()

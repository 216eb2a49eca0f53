#!/usr/bin/env python3
"""Random pictures resized by OpenCV and PyTorch, for `crates/faces/tests/resize.rs`.

    python resize.py OUT.json

Pictures come from a formula that the test repeats (`noise`), so only the results are stored.
Needs numpy, opencv-python-headless, torch.
"""
import json
import sys

import cv2
import numpy as np
import torch


def noise(width, height, seed):
    """Bytes of a 32-bit mixing function over the position; smooth waves below, so that it is not all noise."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    v = (x * 73856093 ^ y * 19349663 ^ c * 83492791 ^ seed * 2654435761) & 0xFFFFFFFF
    v = ((v ^ (v >> 15)) * 2246822519) & 0xFFFFFFFF
    v = ((v ^ (v >> 13)) * 3266489917) & 0xFFFFFFFF
    return ((v ^ (v >> 16)) & 0xFF).astype(np.uint8)


CV = [  # source width, height, target width, height, OpenCV method
    (199, 203, 14, 14, "area"), (280, 280, 14, 14, "area"), (28, 28, 14, 14, "area"), (42, 42, 14, 14, "area"),
    (141, 141, 14, 14, "area"), (15, 17, 14, 14, "area"), (97, 31, 20, 11, "area"), (14, 14, 14, 14, "area"),
    (9, 9, 14, 14, "linear"), (13, 13, 14, 14, "linear"), (2, 3, 14, 14, "linear"), (1, 1, 5, 5, "linear"), (33, 20, 40, 41, "linear"),
]
TORCH = [(37, 29, 12, 12), (24, 24, 12, 12), (100, 51, 24, 24), (13, 9, 24, 24), (5, 1, 12, 12), (300, 200, 17, 13), (64, 48, 33, 25)]


def main():
    cv2.setNumThreads(1)
    cases = []
    for seed, (w, h, tw, th, method) in enumerate(CV):
        flag = cv2.INTER_AREA if method == "area" else cv2.INTER_LINEAR
        out = cv2.resize(noise(w, h, seed), (tw, th), interpolation=flag)
        cases.append({"method": method, "seed": seed, "from": [w, h], "to": [tw, th], "bytes": out.ravel().tolist()})
    for seed, (w, h, tw, th) in enumerate(TORCH, 100):
        x = torch.from_numpy(noise(w, h, seed).copy()).permute(2, 0, 1)[None].float()
        y = (torch.nn.functional.interpolate(x, size=(th, tw), mode="area") - 127.5) * 0.0078125
        values = [float(f"{v:.7g}") for v in y[0].permute(1, 2, 0).ravel().tolist()]
        cases.append({"method": "pool", "seed": seed, "from": [w, h], "to": [tw, th], "values": values})
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file)
        file.write("\n")


if __name__ == "__main__":
    main()

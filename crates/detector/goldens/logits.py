#!/usr/bin/env python3
"""Reference logits of the shipped detectors by PyTorch.

    pip install numpy opencv-python-headless torch torchvision safetensors
    python crates/detector/goldens/logits.py models ../shared/data > crates/detector/goldens/logits.json

Made pictures are drawn by the same integer arithmetic in `tests/logits.rs`. Of real stills only the path and the
logit are kept. Crop: square about the centre of the box as the card says, kept inside the picture, resized (area when
shrinking, else linear), its centre; RGB / 255, ImageNet mean and std.
"""
import csv
import json
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import torch
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "nets/goldens"))
from pair import SHIPPED, shipped  # noqa: E402

MEAN, STD = np.float32([.485, .456, .406]), np.float32([.229, .224, .225])


class Rule:
    """What a card says of a detector's input."""

    def __init__(self, card):
        self.size, self.resize = card["input"]["size"], card["input"]["resize"]
        self.rule, self.factor = card["input"]["crop"]["rule"], card["input"]["crop"]["factor"]

    def side(self, w, h):
        return self.factor * (max(w, h) if self.rule == "box" else h)

    def cut(self, img, box):
        """The network's input for the box x, y, w, h of a picture."""
        x, y, w, h = box
        cx, cy = x + w / 2, y + h / 2
        side = int(round(min(self.side(w, h), *img.shape[:2])))
        left = int(min(max(cx - side / 2, 0), img.shape[1] - side))
        top = int(min(max(cy - side / 2, 0), img.shape[0] - side))
        how = cv2.INTER_AREA if side >= self.resize else cv2.INTER_LINEAR
        margin = (self.resize - self.size) // 2
        whole = cv2.resize(img[top:top + side, left:left + side], (self.resize, self.resize), interpolation=how)
        return whole[margin:margin + self.size, margin:margin + self.size]


def rules(models):
    """Of the detectors in the folder that are made of MobileNetV2, by id."""
    cards = [tomllib.loads(path.read_text()) for path in sorted(Path(models).glob("*/card.toml"))]
    ours = [c for c in cards if c["task"] in ("faceManipulation", "faceSynthesis") and c["architecture"] in SHIPPED]
    return {card["id"]: Rule(card) for card in ours}


def picture(i, width, height):
    """RGB: a gradient, something like a face, and blocks of noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    out = np.zeros((height, width, 3), np.uint8)
    rx, ry = width // 4 + i, height // 3 + i
    def ellipse(cx, cy, rx, ry):
        return (x - cx) ** 2 * ry ** 2 + (y - cy) ** 2 * rx ** 2 < rx ** 2 * ry ** 2

    face = ellipse(width // 2, height // 2, rx, ry)
    dark = ellipse(width // 2 - rx // 2, height * 2 // 5, rx // 5, ry // 9) | ellipse(width // 2 + rx // 2, height * 2 // 5, rx // 5, ry // 9)
    dark |= ellipse(width // 2, height * 2 // 3, rx // 2, ry // 12)
    for c in range(3):
        ground = (x * 255 // width * (i % 3) + y * 255 // height * ((i + c) % 4) + 40 * c + 30 * i) % 256
        ground = np.where(face, 210 - 25 * c - 8 * i + x * 40 // width, ground)
        ground = np.where(dark, 90 - 20 * c + 3 * i, ground)
        shift = i % 5
        seed = ((x >> shift) * 73856093 + (y >> shift) * 19349663 + c * 83492791 + i * 2654435761) & 0xffffffff
        seed = (seed ^ seed >> 13) * 1274126177 & 0xffffffff
        out[..., c] = (ground * 15 + (seed >> 16) % 256) // 16
    return out


def logits(net, crops):
    x = ((np.stack(crops).astype(np.float32) / 255 - MEAN) / STD).transpose(0, 3, 1, 2)
    with torch.no_grad():
        return [round(float(v), 5) for v in net(torch.from_numpy(np.ascontiguousarray(x)))[:, 0]]


def main(models, data):
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    # The first are as large as the network's input; the others are enlarged and shrunk, with boxes that stick out too.
    made = [(i, 0, 0, [0, 0, 0, 0]) for i in range(8)]
    made += [(i, 300 + 7 * i, 260 - 9 * i, [20 * i, 15 * i, 60 + 14 * i, 76 + 17 * i]) for i in range(8)]
    stills = [r for r in csv.DictReader(open(Path(data) / "stills.csv")) if r["split"] == "val"][::31]
    boxes = [[float(r[f"box_{k}"]) for k in "xywh"] for r in stills]
    read = [cv2.imread(str(Path(data) / r["path"]))[..., ::-1] for r in stills]
    out = {"made": [{"i": i, "width": w, "height": h, "box": b, "logits": {}} for i, w, h, b in made],
           "stills": [{"path": r["path"], "box": b, "logits": {}} for r, b in zip(stills, boxes)]}
    for name, rule in rules(models).items():
        net = shipped(Path(models) / name / "weights.safetensors")
        crops = [rule.cut(picture(i, w, h), box) if w else picture(i, rule.size, rule.size) for i, w, h, box in made]
        for entry, logit in zip(out["made"], logits(net, crops)):
            entry["logits"][name] = logit
        for entry, logit in zip(out["stills"], logits(net, [rule.cut(img, box) for img, box in zip(read, boxes)])):
            entry["logits"][name] = logit
    print(json.dumps(out, indent=0))


if __name__ == "__main__":
    main(*sys.argv[1:])

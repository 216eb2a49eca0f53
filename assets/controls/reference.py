#!/usr/bin/env python3
"""Makes the control samples: crops of assets/samples as each shipped detector wants them, and the logits that PyTorch
computes for them.

    pip install numpy opencv-python-headless torch torchvision safetensors
    python assets/controls/reference.py

writes <detector>-<sample>.png and reference.json here. Boxes are the product's own, rounded. Terms: those of the samples
(assets/samples/SOURCES.md).
"""
import hashlib
import json
import sys
from pathlib import Path

import cv2
import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "crates/detector/goldens"))
from logits import MEAN, STD, rules, shipped  # noqa: E402

# Sample, whether its face is generated, the face's box.
SAMPLES = [
    ("collins.jpg", False, [181.1, 54.2, 87.7, 119.3]),
    ("hopper.jpg", False, [174.8, 95.4, 179.6, 239.6]),
    ("generated-a.jpg", True, [158.0, 129.1, 403.3, 586.3]),
    ("generated-b.jpg", True, [145.0, 130.7, 423.2, 580.7]),
]


def main():
    torch.set_num_threads(1)
    reference = {}
    for model, rule in rules(ROOT / "models").items():
        weights = ROOT / "models" / model / "weights.safetensors"
        net = shipped(weights).double()
        rows = []
        for name, generated, box in SAMPLES:
            picture = cv2.imread(str(ROOT / "assets/samples" / name))[..., ::-1]
            crop = rule.cut(picture, box)
            sample = f"{model}-{Path(name).stem}.png"
            cv2.imwrite(str(HERE / sample), crop[..., ::-1])
            values = torch.from_numpy((crop.astype("float64") / 255 - MEAN) / STD).permute(2, 0, 1)[None]
            with torch.no_grad():
                rows.append({"sample": sample, "generated": generated, "logit": round(float(net(values)[0, 0]), 6)})
        reference[hashlib.sha256(weights.read_bytes()).hexdigest()] = rows
    (HERE / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the control samples: crops of assets/samples as each shipped detector wants them, and the logits that PyTorch
computes for them.

    pip install numpy opencv-python-headless torch torchvision safetensors
    make deep-model
    python assets/controls/reference.py

writes <detector>-<sample>.png and reference.json here; detectors on one encoder share their crops, deep-<sample>.png. Boxes are the product's own, rounded. Terms: those of the samples
(assets/samples/SOURCES.md).
"""
import hashlib
import json
import sys
import tomllib
from pathlib import Path

import cv2
import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "crates/detector/goldens"), str(ROOT / "scripts")]
import deep_head  # noqa: E402
from logits import MEAN, STD, Rule, rules, shipped  # noqa: E402

# Sample, whether its face is generated, the face's box: one of each kind, since every start waits for them.
SAMPLES = [
    ("hopper.jpg", False, [174.8, 95.4, 179.6, 239.6]),
    ("generated-a.jpg", True, [158.0, 129.1, 403.3, 586.3]),
]


def deep():
    """Of the heads on CLIP's encoder, by the hash of their weights."""
    from safetensors.torch import load_file

    encoder, reference = deep_head.Clip(ROOT / "models/clip-vit-b16.safetensors"), {}
    for path in sorted((ROOT / "models").glob("*/card.toml")):
        card = tomllib.loads(path.read_text())
        if card["architecture"] != "clip-vit-b16":
            continue
        head, rows = load_file(path.parent / "weights.safetensors"), []
        for name, generated, box in SAMPLES:
            crop = Rule(card).cut(cv2.imread(str(ROOT / "assets/samples" / name))[..., ::-1], box)
            sample = f"deep-{Path(name).stem}.png"
            cv2.imwrite(str(HERE / sample), crop[..., ::-1])
            values = (crop.astype("float32") / 255 - deep_head.MEAN) / deep_head.STD
            with torch.no_grad():
                tokens = encoder.behind(torch.from_numpy(values).permute(2, 0, 1)[None])
            logit = float(head["head.bias"][0])
            for layer, behind in enumerate(tokens):
                weight = head.get(f"head.layer{layer}.weight")
                if weight is not None:
                    patches = behind[0, 1:].double()
                    pooled = torch.cat([behind[0, 0].double(), patches.mean(0), patches.std(0, correction=0)])
                    logit += float(weight[0].double() @ pooled)
            rows.append({"sample": sample, "generated": generated, "logit": round(logit, 6)})
        reference[card["weights"]["sha256"]] = rows
    return reference


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
    reference |= deep()
    (HERE / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()

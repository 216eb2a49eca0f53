#!/usr/bin/env python3
"""Reference Grad-CAM maps (Selvaraju et al. 2017) of the shipped detectors, by PyTorch's own gradients.

    pip install numpy opencv-python-headless torch torchvision safetensors
    python crates/detector/goldens/heat_maps.py models > crates/detector/goldens/heat_maps.json

Pictures and networks are those of logits.py. `cells`: the last feature map before pooling, each channel times the
mean gradient of the logit over it, summed over the channels, sign kept. `stretched`: the same by
torch.nn.functional.interpolate, bilinear, to 24 x 20.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

from logits import MEAN, STD, picture, rules, shipped


def grad_cam(net, crop):
    x = torch.from_numpy(((crop.astype(np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float64))
    maps = net.features(x)
    logit = net.classifier(maps.mean((2, 3)))[0, 0]
    (gradient,) = torch.autograd.grad(logit, maps)
    return (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).detach()


def main(models):
    torch.set_num_threads(1)
    out = []
    for name, rule in rules(models).items():
        net = shipped(Path(models) / name / "weights.safetensors").double()
        for i in range(8):
            cells = grad_cam(net, picture(i, rule.size, rule.size))
            stretched = torch.nn.functional.interpolate(cells, (20, 24), mode="bilinear", align_corners=False)
            rounded = [[round(v, 6) for v in t.flatten().tolist()] for t in (cells, stretched)]
            out.append({"model": name, "i": i, "cells": rounded[0], "stretched": rounded[1]})
    print(json.dumps(out, indent=0))


if __name__ == "__main__":
    main(*sys.argv[1:])

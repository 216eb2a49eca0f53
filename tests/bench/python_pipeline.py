#!/usr/bin/env python3
"""The usual Python way to do what `facefiction scan` does: the peer of tests/bench/scan_against_python.py.

OpenCV decodes, facenet-pytorch's MTCNN finds faces and landmarks, torchvision's MobileNetV2 scores each face with both
detectors; as a careful user would write it: no gradients, crops batched, threads set, nothing kept longer than needed.

    python_pipeline.py MODELS_DIR THREADS FPS MIN_FACE CLIP...    # or stills, or folders

Prints one JSON line a clip: sampled frames, faces, seconds.
"""
import json
import sys
import time
import tomllib
from pathlib import Path

import cv2
import numpy as np
import torch
from facenet_pytorch import MTCNN
from python_frames import files, frames

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "crates/nets/goldens"))
from pair import shipped  # noqa: E402

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
DETECTORS = ("generated-faces", "manipulated-faces")


def rule(model):
    """How a model's card wants its crops."""
    given = tomllib.loads((model / "card.toml").read_text())["input"]
    return {key: given[key] for key in ("size", "resize", "crop")}


def crop(image, box, rule):
    """A square kept inside the image, resized and cut as the card says (RGB, uint8)."""
    size, resize = rule["size"], rule["resize"]
    x0, y0, x1, y1 = box
    height, width = image.shape[:2]
    side = rule["crop"]["factor"] * (max(x1 - x0, y1 - y0) if rule["crop"]["rule"] == "box" else y1 - y0)
    side = int(max(1, min(side, height, width)))
    left = int(np.clip((x0 + x1 - side) / 2, 0, width - side))
    top = int(np.clip((y0 + y1 - side) / 2, 0, height - side))
    part = image[top:top + side, left:left + side]
    part = cv2.resize(part, (resize, resize), interpolation=cv2.INTER_AREA if side > resize else cv2.INTER_LINEAR)
    margin = (resize - size) // 2
    return part[margin:margin + size, margin:margin + size]


@torch.inference_mode()
def analyse(clip, detector, nets, rules, fps):
    started, sampled, faces, logits = time.perf_counter(), 0, 0, []
    for frame in frames(clip, fps):
        sampled += 1
        image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        boxes, _, _ = detector.detect(image, landmarks=True)
        if boxes is not None:
            faces += len(boxes)
            for name, net in nets.items():
                batch = np.stack([crop(image, box, rules[name]) for box in boxes])
                batch = torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255
                logits.extend(net((batch - MEAN) / STD)[:, 0].tolist())
    return {"clip": Path(clip).name, "frames": sampled, "faces": faces, "logits": len(logits),
            "seconds": round(time.perf_counter() - started, 3)}


def main():
    models, threads, fps, min_face = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    detector = MTCNN(keep_all=True, min_face_size=min_face, device="cpu")
    nets = {name: shipped(models / name / "weights.safetensors") for name in DETECTORS}
    rules = {name: rule(models / name) for name in DETECTORS}
    for clip in files(sys.argv[5:]):
        print(json.dumps(analyse(clip, detector, nets, rules, fps)), flush=True)


if __name__ == "__main__":
    main()

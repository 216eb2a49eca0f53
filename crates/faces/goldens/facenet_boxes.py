#!/usr/bin/env python3
"""What facenet-pytorch 2.6.0 finds on the stills of ../shared/media: boxes, landmarks, probabilities, no pixels.

    python facenet_boxes.py ../shared/media/stills OUT.json

Needs facenet-pytorch==2.6.0, torch, pillow. Pillow and the product decode JPEG with libjpeg-turbo, to the same pixels: the
cascade's choice among almost equal proposals flips on differences of one grey level; `pixel_sum` lets the test say
so when a decoder has changed.
The committed `facenet_boxes.json` was written by this script with min_face_size = 20 and the package's other
defaults, all faces kept.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from facenet_pytorch import MTCNN
from PIL import Image, ImageOps


def main():
    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, min_face_size=20)
    found = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        boxes, probabilities, points = detector.detect(np.asarray(picture), landmarks=True)
        faces = [] if boxes is None else zip(boxes, probabilities, points)
        found[path.name] = {
            "size": list(picture.size),
            "pixel_sum": int(np.asarray(picture).sum(dtype=np.uint64)),
            "faces": [
                {
                    "corners": [round(float(v), 3) for v in box],
                    "probability": round(float(probability), 6),
                    "landmarks": [[round(float(v), 3) for v in p] for p in marks],
                }
                for box, probability, marks in faces
            ],
        }
        print(path.name, len(found[path.name]["faces"]))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The fastest Python way we know to do what `facefiction scan` does: a peer of tests/bench/scan_against_python.py.

OpenCV decodes, its YuNet finds faces in frames shrunk to 640 px (so its smallest face is three times larger in a 1080p frame),
ONNX Runtime scores each face with both starter detectors. No PyTorch at run time.

    python_fast_pipeline.py export MODELS_DIR ONNX_DIR                              # once; this needs PyTorch
    python_fast_pipeline.py YUNET.onnx ONNX_DIR THREADS FPS CLIP...

Prints one JSON line a clip: sampled frames, faces, seconds.
"""
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
# Crop side as a multiple of the face box, the recipe each starter was trained with.
STARTERS = {"generated-starter": ("side", 1.3), "swapped-starter": ("height", 0.87)}


def export(models, folder):
    import torch
    from safetensors.torch import load_file
    from torchvision.models import mobilenet_v2

    folder.mkdir(parents=True, exist_ok=True)
    for name in STARTERS:
        net = mobilenet_v2(num_classes=1)
        net.load_state_dict(load_file(models / name / "weights.safetensors"))
        torch.onnx.export(net.eval(), torch.zeros(1, 3, 128, 128), str(folder / f"{name}.onnx"), input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, dynamo=False)


def sessions(folder, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return {name: onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]) for name in STARTERS}


def crop(image, box, rule):
    """A square kept inside the image, resized to 140 and cut to 128 (RGB, uint8)."""
    kind, factor = rule
    x, y, w, h = box
    height, width = image.shape[:2]
    side = factor * (max(w, h) if kind == "side" else h)
    side = int(max(1, min(side, height, width)))
    left = int(np.clip(x + (w - side) / 2, 0, width - side))
    top = int(np.clip(y + (h - side) / 2, 0, height - side))
    part = cv2.cvtColor(image[top:top + side, left:left + side], cv2.COLOR_BGR2RGB)
    part = cv2.resize(part, (140, 140), interpolation=cv2.INTER_AREA if side > 140 else cv2.INTER_LINEAR)
    return part[6:134, 6:134]


def analyse(clip, yunet, nets, fps):
    started, sampled, faces, logits = time.perf_counter(), 0, 0, []
    video = cv2.VideoCapture(str(clip))
    source = video.get(cv2.CAP_PROP_FPS) or fps
    wanted, index, detector, size = 0.0, 0, None, None
    while video.grab():
        if index / source + 1e-6 >= wanted:
            wanted += 1 / fps
            ok, frame = video.retrieve()
            if not ok:
                break
            sampled += 1
            height, width = frame.shape[:2]
            if detector is None:
                size = (640, round(height * 640 / width))
                detector = cv2.FaceDetectorYN.create(yunet, "", size, 0.7)
            found = detector.detect(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))[1]
            if found is not None:
                boxes = found[:, :4] * (width / size[0])
                faces += len(boxes)
                for name, net in nets.items():
                    batch = np.stack([crop(frame, box, STARTERS[name]) for box in boxes]).astype(np.float32) / 255
                    batch = np.ascontiguousarray(((batch - MEAN) / STD).transpose(0, 3, 1, 2))
                    logits.extend(net.run(None, {"x": batch})[0][:, 0].tolist())
        index += 1
    return {"clip": Path(clip).name, "frames": sampled, "faces": faces, "logits": len(logits),
            "seconds": round(time.perf_counter() - started, 3)}


def main():
    if sys.argv[1] == "export":
        export(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    yunet, folder, threads, fps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    cv2.setNumThreads(threads)
    nets = sessions(folder, threads)
    for clip in sys.argv[5:]:
        print(json.dumps(analyse(clip, yunet, nets, fps)), flush=True)


if __name__ == "__main__":
    main()

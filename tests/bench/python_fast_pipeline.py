#!/usr/bin/env python3
"""The fastest Python way we know to do what `facefiction scan` does: a peer of tests/bench/scan_against_python.py.

OpenCV decodes, its YuNet finds faces in frames shrunk to 640 px (so its smallest face is three times larger in a 1080p frame),
ONNX Runtime scores each face with both detectors. No PyTorch at run time.

    python_fast_pipeline.py export MODELS_DIR ONNX_DIR                              # once; this needs PyTorch
    python_fast_pipeline.py YUNET.onnx ONNX_DIR THREADS FPS CLIP...    # or stills, or folders

Prints one JSON line a clip: sampled frames, faces, seconds.
"""
import json
import sys
import time
import tomllib
from pathlib import Path

import cv2
import numpy as np
from python_frames import files, frames

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
DETECTORS = ("generated-faces", "manipulated-faces")


def export(models, folder):
    import torch
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "crates/nets/goldens"))
    from pair import shipped

    folder.mkdir(parents=True, exist_ok=True)
    rules = {name: rule(models / name) for name in DETECTORS}
    (folder / "rules.json").write_text(json.dumps(rules))
    for name in DETECTORS:
        side = rules[name]["size"]
        torch.onnx.export(shipped(models / name / "weights.safetensors"), torch.zeros(1, 3, side, side), str(folder / f"{name}.onnx"), input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, dynamo=False)


def rule(model):
    """How a model's card wants its crops."""
    given = tomllib.loads((model / "card.toml").read_text())["input"]
    return {key: given[key] for key in ("size", "resize", "crop")}


def sessions(folder, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return {name: onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]) for name in DETECTORS}


def crop(image, box, rule):
    """A square kept inside the image, resized and cut as the card says (RGB, uint8)."""
    size, resize = rule["size"], rule["resize"]
    x, y, w, h = box
    height, width = image.shape[:2]
    side = rule["crop"]["factor"] * (max(w, h) if rule["crop"]["rule"] == "box" else h)
    side = int(max(1, min(side, height, width)))
    left = int(np.clip(x + (w - side) / 2, 0, width - side))
    top = int(np.clip(y + (h - side) / 2, 0, height - side))
    part = cv2.cvtColor(image[top:top + side, left:left + side], cv2.COLOR_BGR2RGB)
    part = cv2.resize(part, (resize, resize), interpolation=cv2.INTER_AREA if side > resize else cv2.INTER_LINEAR)
    margin = (resize - size) // 2
    return part[margin:margin + size, margin:margin + size]


def analyse(clip, yunet, nets, rules, fps):
    started, sampled, faces, logits = time.perf_counter(), 0, 0, []
    detector, known = None, None
    for frame in frames(clip, fps):
        sampled += 1
        height, width = frame.shape[:2]
        # Never larger than it is.
        size = (min(640, width), round(height * min(640, width) / width))
        if size != known:
            detector, known = cv2.FaceDetectorYN.create(yunet, "", size, 0.7), size
        found = detector.detect(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))[1]
        if found is not None:
            boxes = found[:, :4] * (width / size[0])
            faces += len(boxes)
            for name, net in nets.items():
                batch = np.stack([crop(frame, box, rules[name]) for box in boxes]).astype(np.float32) / 255
                batch = np.ascontiguousarray(((batch - MEAN) / STD).transpose(0, 3, 1, 2))
                logits.extend(net.run(None, {"x": batch})[0][:, 0].tolist())
    return {"clip": Path(clip).name, "frames": sampled, "faces": faces, "logits": len(logits),
            "seconds": round(time.perf_counter() - started, 3)}


def main():
    if sys.argv[1] == "export":
        export(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    yunet, folder, threads, fps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    cv2.setNumThreads(threads)
    nets, rules = sessions(folder, threads), json.loads((folder / "rules.json").read_text())
    for clip in files(sys.argv[5:]):
        print(json.dumps(analyse(clip, yunet, nets, rules, fps)), flush=True)


if __name__ == "__main__":
    main()

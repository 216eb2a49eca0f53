"""Writes mediapipe.safetensors: what TensorFlow Lite's interpreter answers to the test picture with MediaPipe's
two face detectors and its face mesh.

Needs ai-edge-litert and safetensors, and the three .tflite files. Run from this folder:

    python mediapipe.py ../../../../shared/models
"""

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from pattern import pattern
from safetensors.numpy import save_file

folder = Path(sys.argv[1])
out = {}
for name, file, size, mean, scale in [
    ("short", "face_detection_short_range.tflite", 128, 127.5, 1 / 127.5),
    ("full", "face_detection_full_range_sparse.tflite", 192, 127.5, 1 / 127.5),
    ("mesh", "face_landmark.tflite", 192, 0.0, 1 / 255),
]:
    net = Interpreter(model_path=str(folder / file), num_threads=1)
    net.allocate_tensors()
    picture = pattern(1, size, size, seed=size)
    x = ((picture.astype(np.float32) - np.float32(mean)) * np.float32(scale)).astype(np.float32)
    net.set_tensor(net.get_input_details()[0]["index"], x)
    net.invoke()
    for detail in net.get_output_details():
        values = net.get_tensor(detail["index"])
        kind = {1: "score", 16: "boxes", 1404: "points"}[values.shape[-1]]
        out[f"{name}.{kind}"] = values.reshape(values.shape[0], -1, values.shape[-1]).squeeze(0)
save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, "mediapipe.safetensors")

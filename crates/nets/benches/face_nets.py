"""The twin of face_nets.rs: the same work in facenet-pytorch (torch, one thread) and TensorFlow Lite (XNNPACK, one
thread). Time that the thread ran, best of five rounds.

    OMP_NUM_THREADS=1 python face_nets.py mtcnn
    python face_nets.py tflite ../../../../shared/models
"""

import sys
import time
from pathlib import Path

import numpy as np


def best(run):
    run()
    rounds = []
    for _ in range(5):
        start, runs = time.thread_time(), 0
        while time.thread_time() - start < 0.25:
            run()
            runs += 1
        rounds.append((time.thread_time() - start) / runs)
    return min(rounds) * 1e3


def mtcnn():
    import torch
    from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

    torch.set_num_threads(1)
    noise = lambda n, h, w: torch.rand(n, 3, h, w) * 2 - 1
    with torch.no_grad():
        pnet, rnet, onet = PNet().eval(), RNet().eval(), ONet().eval()
        for min_face in (20, 24):
            scale, levels = 12 / min_face, []
            while 1080 * scale >= 12:
                levels.append(noise(1, int(1080 * scale + 1), int(1920 * scale + 1)))
                scale *= 0.709
            ms = best(lambda: [pnet(x) for x in levels])
            print(f"P-Net, pyramid of 1080p, faces from {min_face} px {ms:8.2f} ms")
        x = noise(64, 24, 24)
        print(f"R-Net, 64 crops {best(lambda: rnet(x)):8.2f} ms")
        x = noise(16, 48, 48)
        print(f"O-Net, 16 crops {best(lambda: onet(x)):8.2f} ms")


def tflite(folder):
    from ai_edge_litert.interpreter import Interpreter

    for name in ("face_detection_short_range", "face_detection_full_range_sparse", "face_landmark"):
        net = Interpreter(model_path=str(folder / f"{name}.tflite"), num_threads=1)
        net.allocate_tensors()
        detail = net.get_input_details()[0]
        net.set_tensor(detail["index"], np.random.rand(*detail["shape"]).astype(np.float32))
        print(f"{name} {best(net.invoke):8.2f} ms")


if sys.argv[1] == "mtcnn":
    mtcnn()
else:
    tflite(Path(sys.argv[2]))

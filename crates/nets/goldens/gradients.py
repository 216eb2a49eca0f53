"""Golden gradients of the backbones in training mode, from PyTorch in 64 bits.

    python crates/nets/goldens/gradients.py

writes goldens/gradients.json. Weights and pictures are those of backbones.py; norms use the moments of the batch, dropout
and stochastic depth are off. The number whose gradient is taken is the sum of all logits times fixed numbers. Of each
parameter's gradient and of each running moment the file keeps the length, the product with fixed numbers (a wrong
direction shows there) and three values.

A value within rounding of a kink of ReLU6 goes either way, in PyTorch's own 32 bits too, and moves gradients by per cents
where an image has few pixels left. So the networks with ReLU6 get norms that centre their channels between the kinks.
"""

import json
from pathlib import Path

import numpy as np
import torch

from backbones import CLASSES, lite0_names, nets, pictures, series

HERE = Path(__file__).resolve().parent
SIZE, COUNT = 64, 4
KINKS = ("mobilenet-v2", "efficientnet-lite0")


def centre(net: torch.nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.bias.data += 3


def probe(name: str, values: np.ndarray) -> dict:
    flat = values.reshape(-1)
    picks = [0, flat.size // 3, flat.size - 1]
    along = float((flat * series(f"probe {name}", flat.size)).sum())
    return {"name": name, "length": float(np.linalg.norm(flat)), "along": along, "picks": [float(flat[i]) for i in picks]}


def main() -> None:
    torch.set_num_threads(1)
    cases = []
    for name, gain, make in nets():
        rename = {"efficientnet-lite0": lite0_names()[1], "resnet18-edges": lambda n: n.removeprefix("net.")}.get(name, lambda n: n)
        net = make(gain, SIZE)
        if name in KINKS:
            centre(net)
        net = net.double()
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.train()
        logits = net(torch.from_numpy(pictures(COUNT, SIZE)).double())
        weights = torch.from_numpy(series("logit gradient", logits.numel())).reshape(logits.shape)
        (logits * weights).sum().backward()
        grads = [probe(rename(n), p.grad.numpy()) for n, p in net.named_parameters()]
        running = [probe(rename(n), b.numpy()) for n, b in net.named_buffers() if "running" in n]
        print(name, logits[0].tolist(), len(grads))
        cases.append({"architecture": name, "gain": gain, "logits": logits.tolist(), "grads": grads, "running": running})
    with (HERE / "gradients.json").open("w") as out:
        json.dump({"classes": CLASSES, "size": SIZE, "count": COUNT, "nets": cases}, out, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()

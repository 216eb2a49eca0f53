"""Golden Grad-CAM maps (Selvaraju et al. 2017) of the convolutional backbones, by PyTorch's own gradients.

    python crates/nets/goldens/gradcam.py

writes goldens/gradcam.json. The map of a class is the last feature map before pooling, each channel times the mean
gradient of the class's logit over that channel, summed over the channels; the sign is kept (no ReLU). Weights and
pictures are those of backbones.py.
"""

import json
from pathlib import Path

import torch

from backbones import Strip, nets, pictures

HERE = Path(__file__).resolve().parent
SIZE = 128
CLASS = 3


def last_maps(net: torch.nn.Module) -> torch.nn.Module:
    """The module whose output is pooled."""
    if hasattr(net, "maps"):
        return net.maps
    if hasattr(net, "net"):
        net = net.net
    if hasattr(net, "layer4"):
        return net.layer4
    return net.bn2 if hasattr(net, "conv_head") else net.features


def grad_cam(net: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    kept = {}
    last_maps(net).register_forward_hook(lambda module, inputs, output: kept.update(maps=output))
    score = net(x)[:, CLASS].sum()
    (gradient,) = torch.autograd.grad(score, kept["maps"])
    values = (gradient.mean((2, 3), keepdim=True) * kept["maps"]).sum(1).detach()
    if isinstance(net, Strip):
        # What the network does not see has no part in the logit.
        cells = values.shape[1] // 6
        values = torch.nn.functional.pad(values, (0, 0, net.first * cells, (10 - net.first) * cells))
    return values


def main() -> None:
    torch.set_num_threads(1)
    cases = []
    for name, gain, make in nets():
        if name == "vit-s16":
            continue
        maps = grad_cam(make(gain, SIZE).double(), torch.from_numpy(pictures(2, SIZE)).double())
        print(name, maps.abs().max().item())
        cases.append({"architecture": name, "gain": gain, "size": SIZE, "class": CLASS, "maps": maps.tolist()})
    with (HERE / "gradcam.json").open("w") as out:
        json.dump({"classes": 5, "nets": cases}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()

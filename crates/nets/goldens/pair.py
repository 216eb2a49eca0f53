"""Two torchvision MobileNetV2 side by side, as facefiction names their tensors (src/backbone/mobilenet_v2_pair.rs)."""

import torch
import torchvision
from safetensors.torch import load_file


class Pair(torch.nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        for name in ("first", "second"):
            net = torchvision.models.mobilenet_v2(weights=None)
            del net.classifier
            self.add_module(name, net)
        self.maps = torch.nn.Identity()
        self.classifier = torch.nn.Linear(2560, classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.maps(torch.cat([self.first.features(x), self.second.features(x)], 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


def network(architecture: str, classes: int = 1) -> torch.nn.Module:
    """An untrained network that ships."""
    if architecture == "mobilenet-v2-pair":
        return Pair(classes)
    net = torchvision.models.mobilenet_v2(weights=None)
    net.classifier[1] = torch.nn.Linear(1280, classes)
    return net


def shipped(weights) -> torch.nn.Module:
    """The network whose weights a safetensors file holds."""
    tensors = load_file(weights)
    net = network("mobilenet-v2-pair" if "classifier.weight" in tensors else "mobilenet-v2")
    types = {k: v.dtype for k, v in net.state_dict().items()}
    # The counters of batches that norms have seen are not kept.
    net.load_state_dict({k: v.to(types[k]) for k, v in tensors.items()}, strict=False)
    return net.eval()


SHIPPED = ("mobilenet-v2", "mobilenet-v2-pair")

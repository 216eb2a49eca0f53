"""The norms of the deep detectors: what CLIP's image encoder sees in faces, tuned by its layer norms alone.

    make deep-model
    cargo run --release -p train --example draw_crops -- crates/train/recipes/blends.toml out/blends 224 90
    python3 scripts/deep_tune.py train --data ../shared/data --clips out/clips --blends out/blends --features out/deep out/deep-blends --out out/tune
    python3 scripts/deep_tune.py scores out/tune/norms.safetensors --data ../shared/data --clips out/clips --out out/tune/val

`train` begins with the frozen encoder and the two heads that scripts/deep_head.py fitted, and moves gains and biases of
the norms and the heads together: 32 crops a step, pairs and couples side by side and spoilt alike, both classes of both
questions weighing the same, a running mean of what it learns (0.995). Everything else of the encoder stays as it is.
It writes a checkpoint every 50 steps and goes on from it. `scores` gives the logits of held-out rows.

Needs what deep_head.py needs.
"""

import argparse
import csv
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from deep_head import SWAPPED, Clip, Faces, asked, cut, family, normalised, spoilt
from torch.nn import functional

QUESTIONS = ("manipulation", "synthesis")
USED = (6, 8, 10)
EMA = 0.995
# Crops a step: pairs and couples count twice.
PAIRS, COUPLES, COMPOSITES, GENERATED, STILLS, CLIPS = 5, 3, 2, 4, 4, 2


class Tuned(Clip):
    """The encoder as far as its heads read it; norms and heads are what learns."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, bf16=True)
        last = max(USED)
        blocks = [f"vision_model.encoder.layers.{i}.layer_norm{j}" for i in range(last) for j in (1, 2)]
        names = [f"{n}.{part}" for n in ["vision_model.pre_layrnorm", *blocks] for part in ("weight", "bias")]
        self.norms = {name: self.t[name].float().clone().requires_grad_(True) for name in names}
        self.first = {name: tensor.detach().clone() for name, tensor in self.norms.items()}
        self.t.update(self.norms)

    def attended(self, q, k, v):
        """Written out: its gradient is three products, and faster here than the fused one's."""
        return torch.softmax((q * 0.125 @ k.transpose(-1, -2)).float(), -1).to(self.kind) @ v

    def seen(self, x):
        """Class token, mean and deviation of the patches behind the blocks that are used: [n, 3 · 3 · 768]."""
        tokens = self.behind(x, max(USED))
        kinds = [torch.cat([tokens[i][:, 0], tokens[i][:, 1:].mean(1), tokens[i][:, 1:].std(1, correction=0)], 1) for i in USED]
        return torch.cat(kinds, 1)


class Heads:
    """Both heads on standardised features, so that one rate fits all weights."""

    def __init__(self, features: list[Path], models: Path) -> None:
        from safetensors.torch import load_file

        faces = Faces(features, list(USED))
        train = (faces.split == "train") & asked(faces, "both")
        self.mean = torch.from_numpy(faces.x[train].mean(0))
        self.std = torch.from_numpy(faces.x[train].std(0)) + 1e-6
        weight, bias = [], []
        for question in QUESTIONS:
            head = load_file(models / f"deep-{question}/weights.safetensors")
            raw = torch.cat([head[f"head.layer{layer}.weight"][0] for layer in USED])
            weight.append(raw * self.std)
            bias.append(head["head.bias"][0] + (raw * self.mean).sum())
        self.weight = torch.stack(weight).requires_grad_(True)
        self.bias = torch.stack(bias).requires_grad_(True)

    def logits(self, x):
        return ((x - self.mean) / self.std) @ self.weight.T + self.bias


class Rows:
    """The lists of a split: what can be drawn, by kind."""

    def __init__(self, args: argparse.Namespace, split: str) -> None:
        self.data, self.clips, self.blends = args.data, args.clips, getattr(args, "blends", None)
        stills = read(args.data / "stills.csv", split)
        pairs = {}
        for r in read(args.data / "dfdc.csv", split):
            pairs.setdefault(r["original"], {})[r["label"]] = r
        self.pairs = [p for p in pairs.values() if len(p) == 2]
        self.composites = {k: [r for r in stills if r["source"] == "chmoe" and r["label"] == k] for k in ("real", "fake")}
        self.generated, self.reals = {}, {}
        for r in stills:
            if r["label"] == "real":
                self.reals.setdefault(r["source"], []).append(r)
            elif r["source"] != "chmoe":
                self.generated.setdefault(family(r["generator"]), []).append(r)
        self.faces = {"real": {}, "fake": {}}
        for r in read(args.clips / "faces.csv", split):
            self.faces[r["label"]].setdefault(r["manipulation"] + r["generator"] if r["label"] == "fake" else r["video"], []).append(r)

    def picture(self, row: dict):
        import cv2

        picture = cv2.imread(str((self.clips if "video" in row else self.data) / row["path"]))
        return picture, [float(row[key]) for key in ("box_x", "box_y", "box_w", "box_h")]

    def crop(self, row: dict, seed: int | None) -> np.ndarray:
        picture, box = self.picture(row)
        if seed is not None:
            picture, box = spoilt(picture, box, random.Random(seed))
        return normalised(cut(picture, box))

    def drawn(self, rnd: random.Random):
        """A batch: crops, answers per question (-1 where a fake is not the question's), kinds."""
        import cv2

        jobs = []

        def add(row: dict, manipulation: int, synthesis: int, kind: str, seed: int) -> None:
            jobs.append((self.crop(row, seed), manipulation, synthesis, kind))

        for pair in rnd.sample(self.pairs, PAIRS):
            seed = rnd.getrandbits(40)
            add(pair["real"], 0, 0, "pair", seed)
            add(pair["fake"], 1, -1, "pair", seed)
        for _ in range(COUPLES):
            i = 2 * rnd.randrange(self.couples // 2)
            for j, answer in ((i, 0), (i + 1, 1)):
                rgb = cv2.imread(str(self.blends / self.drawings[j]))[:, :, ::-1]
                jobs.append((normalised(rgb), answer, -answer, "blend"))
        for _ in range(COMPOSITES):
            add(rnd.choice(self.composites["real"]), 0, 0, "composite", rnd.getrandbits(40))
            add(rnd.choice(self.composites["fake"]), 1, -1, "composite", rnd.getrandbits(40))
        roots = {kind: math.sqrt(len(rows)) for kind, rows in self.generated.items()}
        for kind in rnd.choices(list(roots), list(roots.values()), k=GENERATED):
            add(rnd.choice(self.generated[kind]), -1, 1, "generated", rnd.getrandbits(40))
        roots = {kind: math.sqrt(len(rows)) for kind, rows in self.reals.items()}
        for kind in rnd.choices(list(roots), list(roots.values()), k=STILLS):
            add(rnd.choice(self.reals[kind]), 0, 0, "still", rnd.getrandbits(40))
        for _ in range(CLIPS):
            add(rnd.choice(self.faces["real"][rnd.choice(list(self.faces["real"]))]), 0, 0, "clip", rnd.getrandbits(40))
            row = rnd.choice(self.faces["fake"][rnd.choice(list(self.faces["fake"]))])
            add(row, 1, -1 if row["manipulation"] in SWAPPED else 1, "clip", rnd.getrandbits(40))
        x = torch.from_numpy(np.stack([j[0] for j in jobs]))
        return x, torch.tensor([[j[1], j[2]] for j in jobs]), [j[3] for j in jobs]


def read(path: Path, split: str) -> list[dict]:
    return [r for r in csv.DictReader(open(path)) if r["split"] == split]


def loss_of(logits, answers):
    """Both classes of a question weigh the same."""
    total = 0.0
    for q in range(2):
        for label in (0, 1):
            own = answers[:, q] == label
            if own.any():
                total = total + 0.25 * functional.softplus(logits[own, q] * (1 - 2 * label)).mean()
    return total


def saved(net: Tuned, heads: Heads, mean: dict, target: Path) -> None:
    """The running means, heads folded to raw features, as the product reads them."""
    from safetensors.torch import save_file

    out = {name: mean[name].clone() for name in net.norms}
    raw = mean["weight"] / heads.std
    for q, question in enumerate(QUESTIONS):
        out[f"{question}.bias"] = (mean["bias"][q] - (raw[q] * heads.mean).sum())[None]
        for layer, part in zip(USED, raw[q].split(3 * 768), strict=True):
            out[f"{question}.layer{layer}.weight"] = part[None].clone()
    save_file(out, target)


def train(args: argparse.Namespace) -> None:
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    net, heads, rows = Tuned(args.encoder), Heads(args.features, args.models), Rows(args, "train")
    rows.drawings = [r["path"] for r in csv.DictReader(open(args.blends / "crops.csv"))][: args.couples * 2]
    rows.couples = len(rows.drawings)
    learnt = {**net.norms, "weight": heads.weight, "bias": heads.bias}
    first = heads.weight.detach().clone()
    groups = [{"params": list(net.norms.values()), "rate": args.rate}, {"params": [heads.weight, heads.bias], "rate": args.head_rate}]
    optimiser = torch.optim.Adam(groups, lr=0.0, betas=(0.9, 0.99))
    mean, start, spent = {k: v.detach().clone() for k, v in learnt.items()}, 0, 0.0
    state = args.out / "state.pt"
    if state.exists():
        kept = torch.load(state, weights_only=False)
        start, spent, mean = kept["step"], kept["spent"], kept["mean"]
        optimiser.load_state_dict(kept["optimiser"])
        for group, rate in zip(optimiser.param_groups, (args.rate, args.head_rate), strict=True):
            group["rate"] = rate
        for name, tensor in learnt.items():
            tensor.data.copy_(kept["learnt"][name])
    log = open(args.out / "log.csv", "a")
    began = time.time() - spent
    for step in range(start, args.steps):
        x, answers, kinds = rows.drawn(random.Random(f"{args.seed} {step}"))
        for group in optimiser.param_groups:
            warm = min(1.0, (step + 1) / args.warm_up)
            group["lr"] = group["rate"] * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / args.steps)))
        logits = heads.logits(net.seen(x))
        loss = loss_of(logits, answers)
        # Heads stay near what the ridge of deep_head.py found.
        whole = loss + args.pull * (heads.weight - first).square().sum()
        optimiser.zero_grad()
        whole.backward()
        torch.nn.utils.clip_grad_norm_(list(learnt.values()), 1.0)
        optimiser.step()
        decay = min(EMA, (step + 1) / (step + 10))
        for name, tensor in learnt.items():
            mean[name].mul_(decay).add_(tensor.detach(), alpha=1 - decay)
        line = [step, f"{loss.item():.4f}", f"{time.time() - began:.0f}"]
        for kind, q in (("pair", 0), ("composite", 0), ("blend", 0), ("clip", 0), ("generated", 1), ("still", 1)):
            own = torch.tensor([k == kind for k in kinds]) & (answers[:, q] >= 0)
            right = (logits[own, q] > 0) == (answers[own, q] == 1)
            line.append(f"{kind} {right.float().mean():.2f}")
        log.write(",".join(map(str, line)) + "\n")
        log.flush()
        if (step + 1) % 50 == 0 or step + 1 == args.steps:
            partial = args.out / "partial.pt"
            learned = {k: v.detach() for k, v in learnt.items()}
            torch.save({"step": step + 1, "spent": time.time() - began, "mean": mean, "learnt": learned, "optimiser": optimiser.state_dict()}, partial)
            partial.rename(state)
            saved(net, heads, mean, args.out / "norms.safetensors")
            if step + 1 in args.keep:
                saved(net, heads, mean, args.out / f"norms-{step + 1}.safetensors")
    (args.out / "run.json").write_text(json.dumps({k: str(v) for k, v in vars(args).items() if k != "run"}, indent=1))


def told(args: argparse.Namespace) -> None:
    """Areas under the curve of held-out rows, with products of bfloat16: a look, the product's `evaluate` is the measure."""
    import cv2
    from safetensors.torch import load_file
    from sklearn.metrics import roc_auc_score

    cv2.setNumThreads(1)
    torch.set_num_threads(args.threads)
    rows = Rows(args, "val")
    jobs = [(row, "dfdc") for pair in rows.pairs[:: args.thin] for row in (pair["real"], pair["fake"])]
    jobs += [(row, "composites") for label in ("real", "fake") for row in rows.composites[label]]
    jobs += [(row, "stills") for kind in (*rows.generated.values(), *rows.reals.values()) for row in kind[:: args.thin] if row["source"] != "chmoe"]
    jobs += [(row, "clips") for label in rows.faces.values() for faces in label.values() for row in faces[:: 2 * args.thin]]
    tuned = load_file(args.norms)
    net = Tuned(args.encoder)
    net.t.update({name: tuned[name] for name in net.norms if name in tuned})
    logits = []
    with torch.inference_mode():
        for b in range(0, len(jobs), 8):
            x = net.seen(torch.from_numpy(np.stack([rows.crop(row, None) for row, _ in jobs[b : b + 8]])))
            heads = [torch.cat([tuned[f"{q}.layer{layer}.weight"][0] for layer in USED]) for q in QUESTIONS]
            logits.append(x @ torch.stack(heads).T + torch.cat([tuned[f"{q}.bias"] for q in QUESTIONS]))
    logits = torch.cat(logits).numpy()
    fake, kind = np.array([row["label"] == "fake" for row, _ in jobs]), np.array([k for _, k in jobs])
    np.savez(args.norms.with_suffix(".val.npz"), logits=logits, fake=fake, kind=kind, path=np.array([row["path"] for row, _ in jobs]))
    for name, real, made, q in (
        ("DFDC, manipulation", "dfdc", "dfdc", 0),
        ("composites, manipulation", "composites", "composites", 0),
        ("clips, manipulation", "clips", "clips", 0),
        ("clips, synthesis", "clips", "clips", 1),
        ("generated stills, synthesis", "stills", "stills", 1),
        ("DFDC against reals of stills, manipulation", "stills", "dfdc", 0),
    ):
        use = ((kind == real) & ~fake) | ((kind == made) & fake)
        print(f"{name}: {roc_auc_score(fake[use], logits[use, q]):.4f} ({fake[use].sum()} fake, {(~fake[use]).sum()} real)", flush=True)
    at = np.where(kind == "dfdc")[0].reshape(-1, 2)
    print(f"fake above its own real: {(logits[at[:, 1], 0] > logits[at[:, 0], 0]).mean():.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("train")
    for name in ("data", "clips", "blends", "out"):
        one.add_argument(f"--{name}", type=Path, required=True)
    one.add_argument("--features", type=Path, nargs="+", required=True)
    one.add_argument("--encoder", type=Path, default=Path("models/clip-vit-b16.safetensors"))
    one.add_argument("--models", type=Path, default=Path("models"), help="where the two heads to begin with are")
    one.add_argument("--steps", type=int, default=700)
    one.add_argument("--warm-up", type=int, default=40)
    one.add_argument("--couples", type=int, default=4320)
    one.add_argument("--rate", type=float, default=3e-4)
    one.add_argument("--head-rate", type=float, default=2e-5)
    one.add_argument("--pull", type=float, default=1e-2)
    one.add_argument("--keep", type=int, nargs="*", default=[])
    one.add_argument("--seed", type=int, default=23)
    one.add_argument("--threads", type=int, default=2)
    one.set_defaults(run=train)
    two = commands.add_parser("scores")
    two.add_argument("norms", type=Path)
    for name in ("data", "clips"):
        two.add_argument(f"--{name}", type=Path, required=True)
    two.add_argument("--encoder", type=Path, default=Path("models/clip-vit-b16.safetensors"))
    two.add_argument("--thin", type=int, default=1, help="every so many rows of a kind")
    two.add_argument("--threads", type=int, default=2)
    two.set_defaults(run=told)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()

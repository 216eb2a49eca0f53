"""What a small network makes of fakes of a kind that it was never shown: one training for each kind, with it left out.

    cargo build --release --workspace --bin facefiction
    python3 scripts/left_out.py --program $CARGO_TARGET_DIR/release/facefiction --out out/left-out

Each kind of generated still, the composites, DFDC and the clips are left out in turn (their reals too, where the kind has
reals of its own), and each source of photographs that has no fakes, a MobileNetV2 of 128 px learns the rest of its question from ImageNet's weights, and is tested on the
`val` rows of the kind against its own reals, or against those of all stills. The trainings are short and alike, so the
figures compare kinds, not detectors: what ships was trained many times as long. The run `all` leaves nothing out. What a
network makes of photographs that it was not shown, left_out_together.py tells.
Goes on where it was stopped. Needs ../shared/data, out/clips (`facefiction dataset prepare`) and out/imagenet
(scripts/imagenet_weights.py).
"""

import argparse
import json
import subprocess
from pathlib import Path

DATA = Path("../shared/data").resolve()
# Kind: the column that names it in stills.csv, and the value.
GENERATED = {
    "dina": ("source", "dina"),
    "mobilestylegan": ("source", "mobilestylegan"),
    "omi_SG2": ("source", "omi_SG2"),
    "omi_val_art": ("source", "omi_val_art"),
    "omi_val_cfdinv": ("source", "omi_val_cfdinv"),
    "SDXL": ("generator", "SDXL"),
    "FLUX.1-schnell": ("generator", "FLUX.1-schnell"),
}
# Sources of photographs without fakes of their own, for the question of generated faces.
PHOTOGRAPHS = ("amfd", "chandrika", "gender")
COMPOSITES = ("source", "chmoe")
# Fakes without a `val` row.
UNTESTED = ("generator", "FLUX.1-dev LoRA")
SWAPPED = ("face_swap", "ffpp_unspecified", "lip_sync")


def listed(pairs: list[tuple[str, str]]) -> str:
    """As a TOML table: column = [values]."""
    columns = {column: [v for c, v in pairs if c == column] for column, _ in pairs}
    return "{ " + ", ".join(f"{c} = {json.dumps(v)}" for c, v in columns.items()) + " }"


def source(name: str, manifest: Path, crop: str, *more: str) -> str:
    lines = ["[[data.source]]", f'name = "{name}"', f'manifest = "{manifest}"', f"crop = {crop}", *more]
    return "\n".join(lines) + "\n\n"


def draw(share: float, real: str, fake: str, *more: str) -> str:
    return "\n".join(["[[data.draw]]", f"share = {share}", f"real = {real}", f"fake = {fake}", *more]) + "\n\n"


def head(steps: int, seed: int) -> str:
    return f"""[model]
architecture = "mobilenet-v2"
side = 128
weights = "{Path("out/imagenet/mobilenet_v2.safetensors").resolve()}"
dropout = 0.2

[training]
steps = {steps}
seed = {seed}
optimiser = {{ kind = "adamw", rate = 3e-4, weight_decay = 0.01 }}
schedule = {{ kind = "cosine", warm_up = 30, floor = 0.01 }}
ema = 0.99
checkpoint_every = 100
evaluate_every = {steps}

[data]
batch = 48
cache = "{Path("out/cache").resolve()}"

"""


def generated(kind: str | None, seed: int, steps: int) -> str:
    """Generated stills but one kind, and its `val` rows as the list `left`; or all of them without one source of photographs."""
    stills, crop = DATA / "stills.csv", '{ basis = "box", factor = 1.3 }'
    own = [GENERATED.get(kind, ("source", kind))] if kind else []
    text = head(steps, seed)
    text += source("stills", stills, crop, 'by = ["source"]', f"except = {listed([COMPOSITES, *own])}")
    if kind == "dina":
        text += source("left", stills, crop, 'only = { source = ["dina"] }')
    elif kind in GENERATED:
        others = [v for k, v in GENERATED.items() if k != kind] + [UNTESTED, ("generator", "manual composite/CIPLAB")]
        others = [("generator", "StyleGAN2 TPDNE") if v == GENERATED["dina"] else v for v in others]
        text += source("left", stills, crop, f"except = {listed(others)}")
    text += draw(1, "{ stills = 1 }", "{ stills = 1 }")
    return text + "[data.augment]\nscale = [0.92, 1.5]\nshift = 0.06\nweb = 0.12\nhard = 0.08\n"


def manipulated(kind: str | None, seed: int, steps: int) -> str:
    """Swaps, composites and clips but one kind, and its `val` rows under its own name; blends of other people's faces."""
    crop = '{ basis = "height", factor = 0.87 }'
    text = head(steps, seed)
    text += source("dfdc", DATA / "dfdc.csv", '{ basis = "whole" }', 'by = ["group"]', 'pair = "original"')
    text += source("composites", DATA / "stills.csv", crop, 'only = { source = ["chmoe"] }')
    text += source("clips", Path("out/clips/faces.csv").resolve(), crop, 'by_fake = ["manipulation", "generator"]')
    text += source("stills", DATA / "stills.csv", crop, 'only = { label = ["real"] }', f"except = {listed([COMPOSITES])}")
    text += draw(0.2, "{ stills = 1 }", "{ self_blend = 0.5, cross_blend = 0.5 }")
    if kind != "dfdc":
        text += draw(0.5, "{ dfdc = 1 }", "{ pair = 1 }", "together = true")
    if kind != "chmoe":
        text += draw(0.15, "{ composites = 1 }", "{ composites = 1 }")
    if kind != "clips":
        text += draw(0.15, "{ clips = 0.6, stills = 0.4 }", "{ clips = 1 }")
    return text + "[data.augment]\nweb = 0.12\nhard = 0.08\n"


def result(out: Path) -> dict:
    tests = [json.loads(line) for line in (out / "metrics.jsonl").open() if '"held_out"' in line]
    return {name: auc for name, auc in tests[-1]["held_out"]["auc"].items() if auc is not None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="facefiction")
    parser.add_argument("--out", type=Path, default=Path("out/left-out"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    runs = [(f"generated-{k or 'all'}", generated(k, args.seed, args.steps), k and "left") for k in (None, *GENERATED)]
    lists = {"chmoe": "composites", "dfdc": "dfdc", "clips": "clips"}
    runs += [(f"manipulated-{k or 'all'}", manipulated(k, args.seed, args.steps), k and lists[k]) for k in (None, *lists)]
    runs += [(f"generated-{name}", generated(name, args.seed, args.steps), None) for name in PHOTOGRAPHS]
    args.out.mkdir(parents=True, exist_ok=True)
    found = []
    for name, recipe, tested in runs:
        path, run = args.out / f"{name}.toml", args.out / name
        if not (run / "weights.safetensors").exists():
            path.write_text(recipe)
            resume = ["--resume"] if (run / "checkpoint.safetensors").exists() else []
            command = [args.program, "train", str(path), "--models", "models", "--out", str(run), "--threads", str(args.threads)]
            subprocess.run([*command, *resume], check=True, stderr=subprocess.DEVNULL)
        auc = result(run)
        print(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in auc.items() if tested in (None, k)), flush=True)
        found += [auc[tested]] if tested else []
    print(f"left out in turn: mean {sum(found) / len(found):.3f}, worst {min(found):.3f} of {len(found)}")


if __name__ == "__main__":
    main()

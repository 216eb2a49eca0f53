"""What both looks together say of fakes, and of photographs, of a kind that neither was shown.

    python3 scripts/left_out.py --out out/left-out
    python3 scripts/left_out_together.py --left-out out/left-out out/deep out/deep-blends out/deep-clips

For each kind the head on the frozen encoder is fitted without it (scripts/deep_head.py), the small network is the one that
left_out.py trained without it, and both score the same `val` faces. As in a card's [together], each logit is scaled by the
slope of its calibration (here on the kinds that were not left out) and half of both makes the sum. Areas under the curve, calibration error and false alarms at 1 %
are told for each look alone and for the sum, with calibration and threshold of the other kinds only. Of a source of photographs
that has no fakes, the false alarms are told.

Needs what both scripts need, and `facefiction` on the path or by --program.
"""

import argparse
import csv
import hashlib
import re
import subprocess
from pathlib import Path

import numpy as np
from deep_head import Faces, area, asked, false_alarms, fitted, promised
from left_out import GENERATED, PHOTOGRAPHS

DATA = Path("../shared/data")
# Kind by name: its question, its small network, and the rows that are left out.
KINDS = {name: ("synthesis", f"generated-{name}", key) for name, key in GENERATED.items()}
KINDS |= {
    "chmoe": ("manipulation", "manipulated-chmoe", ("source", "chmoe")),
    "dfdc": ("manipulation", "manipulated-dfdc", ("source", "dfdc")),
    "clips": ("manipulation", "manipulated-clips", ("source", "clips")),
}
KINDS |= {name: ("synthesis", f"generated-{name}", ("source", name)) for name in PHOTOGRAPHS}
# Sources that have reals of their own: these are left out too.
PAIRED = ("chmoe", "dfdc", "dina", "clips")


def carded(weights: Path, question: str, models: Path) -> None:
    """A folder of models with the small network as the one detector, under the card of the detector that ships."""
    shipped = Path("models") / ("generated-faces" if question == "synthesis" else "manipulated-faces")
    card, data = (shipped / "card.toml").read_text(), weights.read_bytes()
    top, rest = card.split("[weights]")
    rest = re.sub(r"bytes = .*", f"bytes = {len(data)}", rest, count=1)
    rest = re.sub(r'sha256 = ".*"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', rest, count=1)
    top = re.sub(r"size = .*", "size = 128", re.sub(r"resize = .*", "resize = 140", top, count=1), count=1)
    # One view of each face, as the head has.
    rest = re.sub(r"views_from = .*\n", "", rest)
    folder = models / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.toml").write_text(re.sub(r'id = ".*"', 'id = "small"', top, count=1) + "[weights]" + rest)
    (folder / "weights.safetensors").write_bytes(data)
    for other in Path("models").iterdir():
        if (other / "card.toml").exists() and not (models / other.name).exists():
            (models / other.name).symlink_to(other.resolve())


def small_logits(faces: Faces, run: str, question: str, args: argparse.Namespace) -> np.ndarray:
    """What the small network says of the held-out faces; NaN of others."""
    work = args.left_out / "together" / run
    carded(args.left_out / run / "weights.safetensors", question, work / "models")
    lists = {"stills.csv": DATA / "stills.csv", "clips": args.clips / "faces.csv"}
    if question == "manipulation":
        lists["dfdc.csv"] = DATA / "dfdc.csv"
    said = {}
    for name, manifest in lists.items():
        command = [args.program, "evaluate", "--stills", str(manifest), "--crops", "--where", "split=val", "--models", str(work / "models"), "--model", "small"]
        # 1: some face has no score; it is left out of every figure.
        done = subprocess.run([*command, "--out", str(work / Path(name).stem), "--resume", "--quiet"], capture_output=True)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
        for row in csv.DictReader(open(work / Path(name).stem / "scores.csv")):
            if row["logit"]:
                said[name, row["path"]] = float(row["logit"])
    return np.array([said.get(key, np.nan) for key in zip(faces.list, faces.path)])


def scaled(faces: Faces, logits: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Times the slope of a calibration on the kinds that were not left out."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6, class_weight="balanced").fit(logits[others, None], faces.fake[others])
    return logits * platt.coef_[0, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("features", type=Path, nargs="+")
    parser.add_argument("--left-out", type=Path, default=Path("out/left-out"))
    parser.add_argument("--clips", type=Path, default=Path("out/clips"))
    parser.add_argument("--program", default="facefiction")
    parser.add_argument("--kinds", nargs="+", choices=tuple(KINDS), default=tuple(KINDS))
    args = parser.parse_args()
    faces = Faces(args.features, [6, 8, 10])
    for name in args.kinds:
        question, run, (column, value) = KINDS[name]
        own = (faces.source if column == "source" else faces.generator) == value
        # Blends are made of photographs of every source, and answer the other question.
        with_answer = asked(faces, question) & ((question == "manipulation") | (faces.list != "blends"))
        train = np.where((faces.split == "train") & with_answer & ~own)[0]
        weight, bias = fitted(faces, train, 0.03)
        looks = {"small": small_logits(faces, run, question, args), "head": faces.x @ weight + bias}
        held = (faces.split == "val") & (faces.view == 0) & with_answer & ~np.isnan(looks["small"])
        reals = (faces.fake == 0) & (own if name in PAIRED + PHOTOGRAPHS else faces.list == "stills.csv")
        rows = np.where(held & ((own & (faces.fake == 1)) | reals))[0]
        others = np.where(held & ~own)[0]
        looks["both"] = sum(scaled(faces, logits, others) for logits in looks.values()) / 2
        for look, logits in looks.items():
            told = false_alarms(faces, logits, others, rows) if name in PHOTOGRAPHS else f"{area(faces, logits, rows)}; {promised(faces, logits, others, rows)}"
            print(f"{name}, {look}: {told}", flush=True)


if __name__ == "__main__":
    main()

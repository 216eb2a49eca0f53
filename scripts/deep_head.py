"""The head of a deep detector: logistic regression on what CLIP's frozen image encoder sees in faces.

    make deep-model
    python3 scripts/deep_head.py features models/deep-manipulation/rows.csv --data ../shared/data --out out/deep
    cargo run --release -p train --example draw_crops -- crates/train/recipes/blends.toml out/blends 224 90
    python3 scripts/deep_head.py drawn out/blends --bf16 --out out/deep-blends
    python3 scripts/deep_head.py clips out/clips --bf16 --out out/deep-clips
    python3 scripts/deep_head.py fit out/deep out/deep-blends out/deep-clips --layers 6,8,10 --out models/deep-manipulation

`features` cuts each face of rows.csv as the product does (crates/faces/src/crop.rs: a square of 0.87 of the box's
height, 224 pixels), runs the encoder once over it and keeps class token, mean and standard deviation of the patches'
tokens behind some blocks. Rows with a view above 0 are for training and are spoilt as delivery spoils pictures (mirror,
shift, shrink, blur, JPEG), both pictures of a pair alike. It takes 0.45 s a crop on one core and goes on where it was
stopped. `drawn` does the same with crops that a recipe drew, cut and spoilt already: fakes made of real faces, and these. `clips` does it with crops of videos, as `facefiction dataset prepare` cut them.
`fit` standardises the features of the training rows, fits a logistic regression in which every source of fakes
weighs as much as any other and so does every source of reals (all that clips show is one), folds the scaling into the weights, and writes

    OUT/weights.safetensors      the head: nets::backbone::clip_b16 says how it is laid out
    FEATURES/stills/scores.csv   logits of the held-out rows for `facefiction calibrate`
    FEATURES/dfdc/scores.csv
    FEATURES/clips/scores.csv

and tells areas under the curve on what was held out, with each source left out of training in turn. `words` writes down what heads
say of training faces of groups that they were not fitted with: a teacher's word for small networks (docs/training.md).

Needs numpy, opencv-python-headless, safetensors, scikit-learn and torch.
"""

import argparse
import csv
import json
import random
import zlib
from pathlib import Path

import numpy as np

LAYERS = (4, 6, 8, 10, 11, 12)
CHUNK, BATCH = 48, 8
BLENDS = 0.5
# Manipulations of clips that leave a person's face where it was.
SWAPPED = ("face_swap", "ffpp_unspecified", "lip_sync")
FACTS = ("path", "label", "generator", "family", "source", "group", "split", "list", "original")
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


class Clip:
    """The encoder of models/clip-vit-b16.safetensors in PyTorch."""

    def __init__(self, path: Path, bf16: bool = False) -> None:
        import torch
        from safetensors.torch import load_file

        raw = load_file(path)
        self.torch, self.t, self.kind = torch, {}, torch.bfloat16 if bf16 else torch.float32
        for name, tensor in raw.items():
            if not name.endswith("_scale"):
                scaled = tensor.dtype == torch.int8
                tensor = tensor.float() * raw[f"{name}_scale"][:, None] if scaled else tensor
                self.t[name] = tensor.to(self.kind) if scaled else tensor

    def linear(self, x, name: str):
        """With factors of the encoder's kind; what is added up along the blocks stays float32."""
        weight = self.t[f"{name}.weight"]
        return self.torch.nn.functional.linear(x.to(self.kind), weight.to(self.kind), self.t[f"{name}.bias"].to(self.kind))

    def norm(self, x, name: str):
        return self.torch.nn.functional.layer_norm(x, (768,), self.t[f"{name}.weight"], self.t[f"{name}.bias"], 1e-5)

    def attended(self, q, k, v):
        """Values [n, 12, 197, 64] mixed as queries and keys say."""
        return self.torch.nn.functional.scaled_dot_product_attention(q, k, v)

    def behind(self, x, last: int = 12) -> list:
        """The tokens [n, 197, 768] before the first block and behind each up to the last."""
        functional, v = self.torch.nn.functional, "vision_model."
        patches = functional.conv2d(x, self.t[f"{v}embeddings.patch_embedding.weight"], stride=16)
        n = x.shape[0]
        first = self.t[f"{v}embeddings.class_embedding"].expand(n, 1, 768)
        h = self.torch.cat([first, patches.flatten(2).transpose(1, 2)], 1)
        h = self.norm(h + self.t[f"{v}embeddings.position_embedding.weight"], f"{v}pre_layrnorm")
        out = [h]
        for i in range(last):
            b = f"{v}encoder.layers.{i}."
            y = self.norm(h, f"{b}layer_norm1")
            q, k, w = (self.linear(y, f"{b}self_attn.{p}_proj").view(n, -1, 12, 64).transpose(1, 2) for p in "qkv")
            mixed = self.attended(q, k, w).transpose(1, 2).reshape(n, -1, 768)
            h = h + self.linear(mixed, f"{b}self_attn.out_proj")
            y = self.linear(self.norm(h, f"{b}layer_norm2"), f"{b}mlp.fc1")
            h = h + self.linear(y * self.torch.sigmoid(1.702 * y), f"{b}mlp.fc2")
            out.append(h)
        return out

    def pooled(self, x: np.ndarray) -> np.ndarray:
        """Of pictures [n, 3, 224, 224]: class token, mean and deviation of the patches' behind LAYERS, [n, 6, 3, 768]."""
        with self.torch.inference_mode():
            tokens = [layer.numpy() for layer in self.behind(self.torch.from_numpy(x))]
        kinds = [(tokens[i][:, 0], tokens[i][:, 1:].mean(1), tokens[i][:, 1:].std(1)) for i in LAYERS]
        return np.stack([np.stack(k, 1) for k in kinds], 1)


def spoilt(picture, box: list[float], rnd: random.Random):
    """What delivery does to a picture; about half of the views go through JPEG."""
    import cv2

    height, width = picture.shape[:2]
    if rnd.random() < 0.5:
        picture = picture[:, ::-1].copy()
        box = [width - box[0] - box[2], *box[1:]]
    box = [box[0] + box[2] * rnd.uniform(-0.03, 0.03), box[1] + box[3] * rnd.uniform(-0.03, 0.03), box[2], box[3]]
    f = 1 + rnd.uniform(-0.04, 0.04)
    box = [box[0] + box[2] * (1 - f) / 2, box[1] + box[3] * (1 - f) / 2, box[2] * f, box[3] * f]
    if rnd.random() < 0.3:
        s = rnd.uniform(0.45, 0.95)
        small = cv2.resize(picture, (max(1, int(width * s)), max(1, int(height * s))), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (width, height), interpolation=rnd.choice([1, 2]))
    if rnd.random() < 0.1:
        picture = cv2.GaussianBlur(picture, (0, 0), rnd.uniform(0.4, 1.2))
    if rnd.random() < 0.5:
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [1, rnd.randint(38, 95)])[1], 1)
    return picture, box


def cut(picture, box: list[float]):
    """The crop rule `height` with factor 0.87 at 224 pixels, as crates/faces/src/crop.rs cuts it; RGB."""
    import cv2

    height, width = picture.shape[:2]
    x, y, w, h = box
    side = round(min(0.87 * h, width, height))
    left = int(min(max(x + w / 2 - side / 2, 0), width - side))
    top = int(min(max(y + h / 2 - side / 2, 0), height - side))
    crop = picture[top : top + side, left : left + side]
    way = cv2.INTER_AREA if side >= 224 else cv2.INTER_LINEAR
    return cv2.resize(crop, (224, 224), interpolation=way)[:, :, ::-1]


def family(generator: str) -> str:
    """Seeds of one generator are one source."""
    return "MobileStyleGAN" if generator.startswith("MobileStyleGAN") else generator


def normalised(rgb) -> np.ndarray:
    return ((rgb / np.float32(255) - MEAN) / STD).transpose(2, 0, 1).astype(np.float32)


def kept(target: Path, x: np.ndarray, view: np.ndarray, facts: dict) -> None:
    """Whole or not at all."""
    partial = target.with_name("partial.npz")
    np.savez(partial, x=x, view=view, **facts)
    partial.rename(target)


def seen(row: dict, args: argparse.Namespace, view: int) -> np.ndarray:
    import cv2

    picture = cv2.imread(str((args.data or args.source) / row["path"]))
    box = [float(row[key]) for key in ("box_x", "box_y", "box_w", "box_h")]
    if view:
        pair = row.get("original") or row["path"]
        picture, box = spoilt(picture, box, random.Random(f"{pair}{view}"))
    return normalised(cut(picture, box))


def seen_drawn(row: dict, args: argparse.Namespace, _: int) -> np.ndarray:
    """A crop that was cut and spoilt when it was drawn."""
    import cv2

    return normalised(cv2.imread(str(args.source / row["path"]))[:, :, ::-1])


def known_rows(args: argparse.Namespace) -> list[tuple[dict, int]]:
    """The rows of a list of crops, with their facts and views."""
    known = {}
    for name in ("stills.csv", "dfdc.csv"):
        for row in csv.DictReader(open(args.data / name)):
            known[name, row["path"]] = {**row, "list": name, "family": family(row["generator"])}
    return [(known[r["list"], r["path"]], int(r["view"])) for r in csv.DictReader(open(args.source))]


def drawn_rows(args: argparse.Namespace) -> list[tuple[dict, int]]:
    """Crops that a recipe drew; a couple stays together."""
    same = {"generator": "blend", "family": "blend", "source": "blends", "split": "train", "list": "blends"}
    rows = csv.DictReader(open(args.source / "crops.csv"))
    return [({**same, **row, "group": f"blend {i // 2}"}, 1) for i, row in enumerate(rows)]


def clip_rows(args: argparse.Namespace) -> list[tuple[dict, int]]:
    """Crops of videos, as `facefiction dataset prepare` cut them: spoilt where they train, as they are where not."""
    rows = list(csv.DictReader(open(args.source / "faces.csv")))[:: args.thin]
    same = {"list": "clips", "source": "clips", "original": ""}
    return [({**r, **same, "family": r["manipulation"] + " " + r["generator"]}, int(r["split"] == "train")) for r in rows]


def features(args: argparse.Namespace) -> None:
    import cv2
    import torch

    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    jobs = args.rows(args)
    exact = Clip(args.encoder)
    quick = Clip(args.encoder, bf16=True) if args.bf16 else exact
    for start in range(0, len(jobs), CHUNK):
        target = args.out / f"{start // CHUNK:04d}.npz"
        if target.exists():
            continue
        part, pooled = jobs[start : start + CHUNK], []
        for b in range(0, len(part), BATCH):
            batch = part[b : b + BATCH]
            # What is held out is seen as the product sees it.
            net = quick if all(view for _, view in batch) else exact
            pooled.append(net.pooled(np.stack([args.seen(row, args, view) for row, view in batch])))
        facts = {key: np.array([str(row.get(key, "")) for row, _ in part]) for key in FACTS}
        kept(target, np.concatenate(pooled), np.array([view for _, view in part]), facts)
        print(f"{start + len(part)} of {len(jobs)}", flush=True)


class Faces:
    """Features and facts of all rows, one row a face."""

    def __init__(self, folders: list[Path], layers: list[int]) -> None:
        parts = [np.load(path) for folder in folders for path in sorted(folder.glob("[0-9]*.npz"))]
        parts = [p for p in parts if "rule" not in p or (p["rule"] == "tight").all()]
        places = [LAYERS.index(layer) for layer in layers]
        self.x = np.concatenate([p["x"][:, places].reshape(len(p["x"]), -1) for p in parts]).astype(np.float32)
        for key in FACTS:
            setattr(self, key, np.concatenate([p[key] for p in parts]))
        self.view = np.concatenate([p["view"] for p in parts])
        self.fake = (self.label == "fake").astype(int)
        # What is left out together: a generator's fakes, a source's reals, the two sides of a paired source.
        self.kind = np.array([f"{s} {f}" for s, f in zip(self.source, self.family)])
        # Which question a fake answers: talking heads and re-enacted faces answer both.
        swapped = np.array([f.split(" ")[0] in SWAPPED for f in self.family])
        self.manipulated = np.isin(self.list, ("dfdc.csv", "blends", "clips")) | (self.source == "chmoe")
        self.generated = (self.list == "stills.csv") & (self.source != "chmoe") | (self.list == "clips") & ~swapped


def weights(faces: Faces, rows: np.ndarray) -> np.ndarray:
    """Both classes weigh the same, and within each so does every kind; what a recipe made counts BLENDS of a kind, and all
    that clips show counts as one."""
    w = np.zeros(len(rows))
    for label in (0, 1):
        of_label = faces.fake[rows] == label
        shown = len(np.unique(faces.kind[rows][of_label & (faces.list[rows] == "clips")]))
        for kind in np.unique(faces.kind[rows][of_label]):
            own = (faces.kind[rows] == kind) & of_label
            share = {"blends": BLENDS, "clips": 1 / max(shown, 1)}.get(faces.list[rows][own][0], 1.0)
            w[own] = share / own.sum()
        w[of_label] /= w[of_label].sum()
    return w * len(rows) / 2


def fitted(faces: Faces, rows: np.ndarray, c: float) -> tuple[np.ndarray, float]:
    """Weights and bias on raw features."""
    from sklearn.linear_model import LogisticRegression

    mean, std = faces.x[rows].mean(0), faces.x[rows].std(0) + 1e-6
    model = LogisticRegression(C=c, max_iter=1000)
    model.fit((faces.x[rows] - mean) / std, faces.fake[rows], sample_weight=weights(faces, rows))
    weight = model.coef_[0] / std
    return weight, float(model.intercept_[0] - weight @ mean)


def area(faces: Faces, logits: np.ndarray, rows: np.ndarray) -> str:
    """Area under the curve with a 95 % interval from 1,000 redraws of the units (groups; scenes of pairs)."""
    from sklearn.metrics import roc_auc_score

    y, s = faces.fake[rows], logits[rows]
    if len(set(y)) < 2:
        return "-"
    unit = np.where(faces.list[rows] == "dfdc.csv", faces.original[rows], faces.group[rows])
    by = {u: np.where(unit == u)[0] for u in np.unique(unit)}
    rnd, drawn = np.random.default_rng(0), []
    for _ in range(1000):
        i = np.concatenate([by[u] for u in rnd.choice(list(by), len(by))])
        if len(set(y[i])) == 2:
            drawn.append(roc_auc_score(y[i], s[i]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{roc_auc_score(y, s):.3f} [{low:.3f}, {high:.3f}] ({y.sum()} fake, {len(y) - y.sum()} real)"


def judged(faces: Faces, others: np.ndarray, rows: np.ndarray):
    """What calibrates and what is judged by it: units that are in both are halved, one half calibrates, the other is judged,
    and the other way round."""
    half = np.array([zlib.crc32(u.encode()) % 2 for u in np.where(faces.list == "dfdc.csv", faces.original, faces.group)])
    for side in (0, 1):
        yield others[half[others] == side], rows[half[rows] != side]


def false_alarms(faces: Faces, logits: np.ndarray, others: np.ndarray, rows: np.ndarray) -> str:
    """Reals of rows above a split conformal threshold of 1 % that the others' reals give."""
    found, judges = 0, 0
    for known, rest in judged(faces, others, rows):
        reals = np.sort(logits[known[faces.fake[known] == 0]])
        threshold = reals[min(len(reals) - 1, int(np.ceil((len(reals) + 1) * 0.99)) - 1)]
        rest = rest[faces.fake[rest] == 0]
        found, judges = found + (logits[rest] > threshold).sum(), judges + len(rest)
    return f"false alarms {found} of {judges}"


def promised(faces: Faces, logits: np.ndarray, others: np.ndarray, rows: np.ndarray) -> str:
    """What calibration and threshold of all other kinds are worth on one that was left out: calibration error (15 equal bins,
    both classes weighing the same) and false alarms at 1 %."""
    from sklearn.linear_model import LogisticRegression

    score, y = [], []
    for known, rest in judged(faces, others, rows):
        platt = LogisticRegression(C=1e6, class_weight="balanced").fit(logits[known, None], faces.fake[known])
        score.append(platt.predict_proba(logits[rest, None])[:, 1])
        y.append(faces.fake[rest])
    score, y = np.concatenate(score), np.concatenate(y)
    weight = np.where(y == 1, 0.5 / max(y.sum(), 1), 0.5 / max((1 - y).sum(), 1))
    place = np.minimum((score * 15).astype(int), 14)
    error = sum(abs(((score - y) * weight)[place == b].sum()) for b in range(15))
    return f"calibration error {error:.3f}, {false_alarms(faces, logits, others, rows)}"


def pairs_right(faces: Faces, logits: np.ndarray, rows: np.ndarray) -> str:
    pairs = {}
    for i in rows:
        pairs.setdefault(faces.original[i], {})[faces.fake[i]] = logits[i]
    whole = [p for p in pairs.values() if len(p) == 2]
    return f"{np.mean([p[1] > p[0] for p in whole]):.3f} of {len(whole)}" if whole else "-"


def asked(faces: Faces, question: str) -> np.ndarray:
    """Rows that have an answer: reals, and the fakes of the question."""
    if question == "both":
        return np.ones(len(faces.fake), bool)
    return (faces.fake == 0) | (faces.manipulated if question == "manipulation" else faces.generated)


def tell(faces: Faces, args: argparse.Namespace, train: np.ndarray, held: np.ndarray, logits: np.ndarray) -> None:
    stills, dfdc = held[faces.list[held] == "stills.csv"], held[faces.list[held] == "dfdc.csv"]
    print(f"{args.question}, layers {args.layers}, C {args.c}: {faces.fake[train].sum()} fakes, {(1 - faces.fake[train]).sum()} reals")
    print(f"  stills, pooled: {area(faces, logits, stills)}")
    for source in ("chmoe", "dina"):
        print(f"  stills, {source}: {area(faces, logits, stills[faces.source[stills] == source])}")
    print(f"  clips: {area(faces, logits, held[faces.list[held] == 'clips'])}")
    print(f"  DFDC: {area(faces, logits, dfdc)}; fake above its own real {pairs_right(faces, logits, dfdc)}")
    if args.brief:
        return
    print("  each kind of fake left out of training, against all held-out reals but DFDC's (paired sources: their own):")
    sources = ("chmoe", "dfdc", "dina", "clips")
    fakes = train[(faces.fake[train] == 1) & (faces.list[train] != "blends")]
    names = np.where(np.isin(faces.source[fakes], sources), faces.source[fakes], faces.kind[fakes])
    for name in np.unique(names):
        paired = name in sources
        out = (faces.source == name) if paired else (faces.kind == name)
        weight, bias = fitted(faces, train[~out[train]], args.c)
        reals = (faces.fake == 0) & ((faces.source == name) if paired else (faces.list == "stills.csv"))
        rows = held[((out & (faces.fake == 1)) | reals)[held]]
        logits = faces.x @ weight + bias
        others = held[~out[held] & (faces.list[held] != "blends")]
        print(f"    {name}: {area(faces, logits, rows)}; {promised(faces, logits, others, rows)}")
    print("  each source of reals left out of training and calibration, its fakes kept:")
    real = (faces.fake == 0) & (faces.list != "blends")
    for name in np.unique(faces.source[held[real[held]]]):
        out = real & (faces.source == name)
        # Blends are made of faces of every source.
        weight, bias = fitted(faces, train[~out[train] & (faces.list[train] != "blends")], args.c)
        others = held[~out[held] & (faces.list[held] != "blends")]
        print(f"    {name}: {false_alarms(faces, faces.x @ weight + bias, others, held[out[held]])}")


def scores(faces: Faces, rows: np.ndarray, logits: np.ndarray, model: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["file", "kind", "label", "tier", "score", "logit", "verdict", "error", "source", "generator", "original", f"logit:{model}"])
        for i in rows:
            unit = faces.original[i] if faces.list[i] == "dfdc.csv" else faces.group[i]
            facts = [faces.source[i], faces.generator[i], unit]
            out.writerow([faces.path[i], "image", faces.label[i], "clean", "", logits[i], "", "", *facts, logits[i]])


def fit(args: argparse.Namespace) -> None:
    from safetensors.numpy import save_file

    faces = Faces(args.features, args.layers)
    with_answer = asked(faces, args.question)
    train = np.where((faces.split == "train") & with_answer)[0]
    held = np.where((faces.split == "val") & (faces.view == 0) & with_answer)[0]
    weight, bias = fitted(faces, train, args.c)
    logits = faces.x @ weight + bias
    tell(faces, args, train, held, logits)
    head = {"head.bias": np.array([bias], np.float32)}
    for layer, part in zip(args.layers, weight.reshape(len(args.layers), -1), strict=True):
        head[f"head.layer{layer}.weight"] = part[None].astype(np.float32)
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(head, args.out / "weights.safetensors")
    for name in ("stills.csv", "dfdc.csv", "clips"):
        rows = held[faces.list[held] == name]
        scores(faces, rows, logits, args.out.name, args.features[0] / name.removesuffix(".csv") / "scores.csv")
    (args.features[0] / "fit.json").write_text(json.dumps({"layers": args.layers, "c": args.c, "question": args.question}))


def words(args: argparse.Namespace) -> None:
    """What heads say of training faces of groups that they were not fitted with: `words` of `facefiction train`."""
    faces = Faces(args.features, args.layers)
    train = np.where((faces.split == "train") & asked(faces, args.question))[0]
    fold = np.array([zlib.crc32(group.encode()) % args.folds for group in faces.group[train]])
    said = np.zeros(len(faces.fake))
    for k in range(args.folds):
        weight, bias = fitted(faces, train[fold != k], args.c)
        said[train[fold == k]] = faces.x[train[fold == k]] @ weight + bias
    args.out.mkdir(parents=True, exist_ok=True)
    for name in np.unique(faces.list[train]):
        rows = train[faces.list[train] == name]
        with (args.out / f"{name.removesuffix('.csv')}.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["path", "logit"])
            out.writerows([faces.path[i], f"{said[i]:.4f}"] for i in rows)
        print(f"  {name}: {area(faces, said, rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True)
    for name, rows, look in (("features", known_rows, seen), ("drawn", drawn_rows, seen_drawn), ("clips", clip_rows, seen)):
        one = commands.add_parser(name)
        one.add_argument("source", type=Path)
        one.add_argument("--data", type=Path, required=name == "features", help="where the pictures of a list lie")
        one.add_argument("--encoder", type=Path, default=Path("models/clip-vit-b16.safetensors"))
        one.add_argument("--threads", type=int, default=1)
        one.add_argument("--thin", type=int, default=4, help="of clips every so many crops: those of one are alike")
        one.add_argument("--bf16", action="store_true", help="products of bfloat16 for what trains: faster with AMX or AVX-512")
        one.add_argument("--out", type=Path, required=True)
        one.set_defaults(run=features, rows=rows, seen=look)
    two = commands.add_parser("fit")
    two.add_argument("features", type=Path, nargs="+")
    two.add_argument("--question", choices=("manipulation", "synthesis", "both"), default="manipulation")
    two.add_argument("--layers", type=lambda text: [int(n) for n in text.split(",")], default=[8, 10])
    two.add_argument("--c", type=float, default=0.03)
    two.add_argument("--brief", action="store_true", help="leave nothing out in turn")
    two.add_argument("--out", type=Path, required=True)
    two.set_defaults(run=fit)
    three = commands.add_parser("words")
    three.add_argument("features", type=Path, nargs="+")
    three.add_argument("--question", choices=("manipulation", "synthesis"), required=True)
    three.add_argument("--layers", type=lambda text: [int(n) for n in text.split(",")], default=[6, 8, 10])
    three.add_argument("--c", type=float, default=0.03)
    three.add_argument("--folds", type=int, default=4)
    three.add_argument("--out", type=Path, required=True)
    three.set_defaults(run=words)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()

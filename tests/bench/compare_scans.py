#!/usr/bin/env python3
"""Compares what two builds of facefiction say of the same files: `facefiction scan --format json` of one and of the other.

    python3 tests/bench/compare_scans.py BEFORE.jsonl AFTER.jsonl

A face of one is also in the other where the boxes of one frame overlap by half (IoU). Faces that are good enough to be scored are counted apart.
"""
import json
import sys


def items(path):
    return {i["file"]["path"]: i for i in map(json.loads, open(path, encoding="utf-8")) if not i["error"]}


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def faces(item):
    return {frame["frame"]: frame["faces"] for frame in item["timeline"]}


def found(these, others, usable):
    """How many of these faces there are, and how many of them the others hold too."""
    count = also = 0
    for frame, here in these.items():
        for face in here:
            if face["quality"]["usable"] or not usable:
                count += 1
                also += any(iou(face["rect"], other["rect"]) >= 0.5 for other in others.get(frame, []))
    return count, also


def main():
    before, after = (items(path) for path in sys.argv[1:3])
    both = sorted(before.keys() & after.keys())
    print(f"{len(both)} files, {sum(len(before[p]['timeline']) for p in both)} frames\n")
    for name, usable in (("all faces", False), ("faces good enough to be scored", True)):
        forth = [found(faces(before[p]), faces(after[p]), usable) for p in both]
        back = [found(faces(after[p]), faces(before[p]), usable) for p in both]
        (a, a_also), (b, b_also) = ([sum(column) for column in zip(*rows)] for rows in (forth, back))
        print(f"{name}: {a} before, of which {a_also} are found after; {b} after, of which {b_also} were found before")
    changed, worst = [], 0.0
    for path in both:
        old, new = before[path]["verdict"], after[path]["verdict"]
        if old["code"] != new["code"]:
            changed.append(f"{path}: {old['code']} became {new['code']}")
        if old.get("score") is not None and new.get("score") is not None:
            worst = max(worst, abs(old["score"] - new["score"]))
    people = [(len(before[p]["people"]), len(after[p]["people"])) for p in both]
    print(f"people: {sum(a for a, _ in people)} before, {sum(b for _, b in people)} after")
    print(f"verdicts changed: {len(changed)} of {len(both)}; scores differ by at most {worst:.3f}")
    print("\n".join(changed))


if __name__ == "__main__":
    main()

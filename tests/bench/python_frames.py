"""What both Python pipelines look at: the sampled frames of a video, or a still."""
from pathlib import Path

import cv2

STILLS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def files(paths):
    """The files named, and all in folders."""
    for path in map(Path, paths):
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def frames(path, fps):
    """BGR pictures."""
    if Path(path).suffix.lower() in STILLS:
        picture = cv2.imread(str(path))
        if picture is not None:
            yield picture
        return
    video = cv2.VideoCapture(str(path))
    source = video.get(cv2.CAP_PROP_FPS) or fps
    wanted, index = 0.0, 0
    while video.grab():
        if index / source + 1e-6 >= wanted:
            wanted += 1 / fps
            ok, frame = video.retrieve()
            if not ok:
                return
            yield frame
        index += 1

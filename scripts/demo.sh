#!/bin/sh
# Scans the samples and says where the results are.
set -eu
cd "$(dirname "$0")/.."

out=out/demo
FACEFICTION_MODELS=$(pwd)/models
export FACEFICTION_MODELS
cargo run --quiet --locked --release --package cli -- scan assets/samples --format text --out "$out"
echo
echo "Results, also as JSON and CSV, are in $(pwd)/$out:"
ls -1 "$out"

# With a display, the window shows them too.
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    make --no-print-directory app FILES="$(pwd)/assets/samples"
fi

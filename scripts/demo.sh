#!/bin/sh
# Scans the samples, writes a report of each and says where they are.
set -eu
cd "$(dirname "$0")/.."

out=out/demo
FACEFICTION_MODELS=$(pwd)/models
export FACEFICTION_MODELS
cargo run --quiet --locked --release --package cli -- scan assets/samples --format text --report --out "$out"
echo
echo "Reports as PDF, each beside its result as JSON, are in $(pwd)/$out/analyses."
echo "All results as text, CSV and JSON are in $(pwd)/$out:"
ls -1 "$out"

# With a display, the window shows them too.
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    make --no-print-directory app FILES="$(pwd)/assets/samples"
fi

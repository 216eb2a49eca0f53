#!/bin/sh
# Scans the samples and says where the results are.
set -eu
cd "$(dirname "$0")/.."

out=out/demo
mkdir -p "$out"
cargo run --quiet --locked --release --package cli -- scan assets/samples --format text --out "$out"
cargo run --quiet --locked --release --package cli -- scan assets/samples --format json --out "$out" --quiet
echo
echo "Written to $(pwd)/$out:"
ls -1 "$out"

#!/bin/sh
# Drives the real window (built before: `make test` and `make app` do) on a display of its own.
# Arguments go to node's test runner: `scripts/e2e.sh --test-name-pattern dropped`.
set -eu
cd "$(dirname "$0")/.."

display=90
while [ -e "/tmp/.X11-unix/X$display" ]; do
    display=$((display + 1))
done
Xvfb ":$display" -screen 0 1400x900x24 -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
trap 'kill "$xvfb"' EXIT
until [ -e "/tmp/.X11-unix/X$display" ]; do
    kill -0 "$xvfb"
    sleep 0.1
done

# One at a time: they share one mouse.
DISPLAY=":$display" node --test --test-concurrency=1 --test-reporter=spec --test-timeout=400000 "$@" tests/e2e/

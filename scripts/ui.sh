#!/bin/sh
# Builds the window's pages into ui/dist: `scripts/ui.sh build`, or `scripts/ui.sh check` with types and tests first.
# Packages come as package-lock.json says, once for each change of it.
set -eu
cd "$(dirname "$0")/../ui"

if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed
fi
npm run --silent "$1"

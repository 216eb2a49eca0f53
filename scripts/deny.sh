#!/bin/sh
# Bans, licences and sources of every linked crate (deny.toml); advisories where a copy of the
# database is on this machine, because nothing is fetched from outside the package registries.
set -eu
cd "$(dirname "$0")/.."

cargo deny --log-level error check --hide-inclusion-graph bans licenses sources
if ls "${CARGO_HOME:-$HOME/.cargo}"/advisory-dbs/*/crates >/dev/null 2>&1; then
    cargo deny --offline --log-level error check --hide-inclusion-graph advisories
else
    echo "advisories not checked: no local copy of the advisory database" >&2
fi

#!/bin/sh
# Makes the Debian package of the window and the command line: out/package/*.deb.
# `scripts/package.sh bundle` makes it of what is built already.
# `scripts/package.sh try ROOT` installs it into a clean Debian root (debootstrap), starts it there, and takes it out again.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$(pwd)/target}

make_package() {
    sh scripts/ui.sh build
    cargo build --locked --release --package facefiction-desktop
    bundle_package
}

bundle_package() {
    rm -rf out/package "$target"/release/bundle/deb
    npm exec --yes --package=@tauri-apps/cli@2.12.5 -- tauri bundle --bundles deb
    mkdir -p out/package
    cp "$target"/release/bundle/deb/*.deb out/package/
    ls -l out/package
}

# What `apt` leaves behind counts: the package must go without a trace of its own files.
try_package() {
    root=$1
    cp out/package/*.deb "$root/tmp/facefiction.deb"
    in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
    in_root apt-get update -qq
    in_root apt-get install -y -qq --no-install-recommends /tmp/facefiction.deb xvfb xauth >/dev/null
    in_root dpkg-query --show --showformat='installed size: ${Installed-Size} KiB\n' face-fiction
    cp -r assets/samples "$root/tmp/"
    in_root facefiction models verify
    in_root facefiction scan --quiet --format csv /tmp/samples
    # The window stays open until it is told to go.
    in_root sh -c 'timeout 20 xvfb-run -a facefiction-desktop /tmp/samples/hopper.jpg; test $? -eq 124'
    in_root apt-get purge -y -qq face-fiction >/dev/null
    left=$(in_root sh -c 'ls -d /usr/lib/FaceFiction /usr/bin/facefiction* /usr/share/applications/FaceFiction* 2>/dev/null || true')
    [ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
    echo "installed, started and taken out"
}

case "${1:-make}" in
    make) make_package ;;
    bundle) bundle_package ;;
    try) try_package "$2" ;;
    *) echo "usage: scripts/package.sh [make | bundle | try ROOT]" >&2; exit 2 ;;
esac

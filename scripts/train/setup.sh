#!/usr/bin/env bash
# The trainer's Python environment, .train at the repository's root. Idempotent: what is there is left alone.
# Without flags what the CPU needs (0.6 GB to download); --whole takes PyTorch with all that it declares, CUDA too (3 GB).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/train
stamp=.train/set-up-from

say() { echo "train set-up: $*" >&2; }

die() {
    say "$*"
    exit 2
}

kind=cpu
case "${1:-}" in
'') ;;
--whole) kind=whole ;;
*) die "argument '$1' is unknown; call $here/setup.sh, or $here/setup.sh --whole for PyTorch with all that it declares" ;;
esac

# A python3 on PATH may be a version manager's shim without a version behind it: the first one that can make
# an environment is taken.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        "$candidate" -c 'import ensurepip, sys, venv; assert sys.version_info >= (3, 10); print(sys.executable)' 2>/dev/null && return
    done
    die "no python3 (3.10 or later) that can make a virtual environment; install python3-venv and run $here/setup.sh again"
}

# An environment knows its folder by absolute path, so a moved or copied checkout makes a new one.
wanted_stamp() { echo "$PWD $kind $(cat $here/requirements*.txt $here/standins.py | sha256sum)"; }

pip_install() { .train/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

wanted_packages() { grep -hv '^#' "$@" | sed 's/;.*//' | tr '\n' ' '; }

# The libraries' folder, found without importing PyTorch, which may not load yet.
torch_libraries() { .train/bin/python -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0] + "/lib")'; }

install_cpu() {
    say "installing into .train: $(wanted_packages $here/requirements.txt $here/requirements-cpu.txt)"
    pip_install --no-deps -r $here/requirements.txt -r $here/requirements-cpu.txt
    .train/bin/python -c 'import torch' 2>/dev/null && return
    # Only the x86-64 Linux wheel comes here: it is linked against CUDA, used or not.
    command -v cc >/dev/null && command -v nm >/dev/null || die "no C compiler or binutils, and PyTorch's stand-ins for CUDA need both; install gcc and binutils, or run $here/setup.sh --whole"
    say "stand-ins for what PyTorch is linked against and the CPU never calls: $(.train/bin/python $here/standins.py "$(torch_libraries)")"
}

install_whole() {
    say "installing into .train, with everything that PyTorch declares: $(wanted_packages $here/requirements.txt)"
    pip_install -r $here/requirements.txt
}

if [ "$(cat $stamp 2>/dev/null)" != "$(wanted_stamp)" ]; then
    "$(find_python)" -m venv --clear .train
    "install_$kind"
    .train/bin/python -c 'import torch; torch.fft.rfft(torch.ones(8))' || die "PyTorch does not load; run $here/setup.sh --whole"
    wanted_stamp >$stamp
fi
say "complete: PyTorch $(.train/bin/python -c 'import torch; print(torch.__version__)') in .train ($(du -sh .train | cut -f1))"

#!/usr/bin/env bash
# The workflow engine's Python environment, .campaign at the repository's root. Idempotent: what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/campaign
stamp=.campaign/set-up-from

say() { echo "campaign set-up: $*" >&2; }

# A python3 on PATH may be a version manager's shim without a version behind it.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        "$candidate" -c 'import ensurepip, sys, venv; assert sys.version_info >= (3, 11); print(sys.executable)' 2>/dev/null && return
    done
    say "no python3 (3.11 or later) that can make a virtual environment; install python3-venv and run $here/setup.sh again"
    exit 2
}

wanted_stamp() { echo "$PWD $(sha256sum <$here/requirements.txt)"; }

if [ "$(cat $stamp 2>/dev/null)" != "$(wanted_stamp)" ]; then
    "$(find_python)" -m venv --clear .campaign
    .campaign/bin/python -m pip install --quiet --disable-pip-version-check -r $here/requirements.txt
    wanted_stamp >$stamp
fi
say "complete: snakemake $(.campaign/bin/snakemake --version) in .campaign"

#!/usr/bin/env bash
# The tests of the trainer, on one thread.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -x .train/bin/python ] || { echo "no .train here; run scripts/train/setup.sh" >&2; exit 2; }
OMP_NUM_THREADS=1 exec .train/bin/python -m unittest discover -s scripts/train -p "test_*.py" "$@"

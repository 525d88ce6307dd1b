#!/usr/bin/env bash
# The main job on the shipped model: pack it, simulate the emitted Verilog through its pins, and compare
# every traced word with the golden model while it writes text.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo build --release
statestream=${CARGO_TARGET_DIR:-target}/release/statestream
mkdir -p out
"$statestream" pack models/shakespeare_m.safetensors -o out/shakespeare_m.w4.img --weights w4
"$statestream" cosim out/shakespeare_m.w4.img --config up5k --prompt "ROMEO:" -n 48

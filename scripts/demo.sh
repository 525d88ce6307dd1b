#!/usr/bin/env bash
# The main job on the shipped model: pack it, simulate the emitted Verilog through its pins, and compare
# every traced word with the golden model while it writes text; then the same text with up to four tokens per pass.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "demo: $*" >&2; }

scripts/setup.sh
cargo build --release
statestream=${CARGO_TARGET_DIR:-target}/release/statestream
mkdir -p out
say "packing the model; then guesses for it, from 50,000 characters that it writes itself"
"$statestream" pack models/shakespeare_m.safetensors -o out/shakespeare_m.w4.img --weights w4
"$statestream" run out/shakespeare_m.w4.img --prompt "ROMEO:" -n 50000 --temperature 1 >out/own.txt
"$statestream" pack models/shakespeare_m.safetensors -o out/shakespeare_m.w4.img --weights w4 --draft-text out/own.txt
say "one token per pass"
"$statestream" cosim out/shakespeare_m.w4.img --config up5k --prompt "ROMEO:" -n 48
say "up to four tokens per pass"
"$statestream" cosim out/shakespeare_m.w4.img --config up5k-t4 --prompt "ROMEO:" -n 48

#!/usr/bin/env bash
# The workflow with its local executor: two shards of the proofs of one name, merged.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/campaign/setup.sh
cargo build --release --quiet -p statestream-cli
rm -rf out/campaign/round-quick-1
.campaign/bin/snakemake -s scripts/campaign/Snakefile --cores 2 --quiet all --config shards=2 campaign=round
grep -q '"killed":2' out/campaign/round-quick-1/all.json
echo "campaign workflow: 2 shards merged"

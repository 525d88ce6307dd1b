#!/usr/bin/env bash
# Every check, in the order of what fails fastest. `--full` adds the long tests.
# Ends with the sums over the campaigns of `statestream verify`, and with one line, `N passed, N failed, N skipped`, summed over the runners' own totals: cargo's, and unittest's for the trainer.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    echo "usage: scripts/test.sh [--full]" >&2
    exit 2
}

for argument in "$@"; do
    case "$argument" in
    --full) export STATESTREAM_FULL=1 ;;
    *) usage ;;
    esac
done

log=$(mktemp)
trainer_log=$(mktemp)
campaigns=$(mktemp)
beside=$(mktemp)
# Tests that lack what is not shipped write a line here: a skip nobody sees is a pass nobody earned.
STATESTREAM_SKIPS=$(mktemp)
export STATESTREAM_SKIPS
beside_pid=
# What runs beside the tests ends with them.
trap '[ -z "$beside_pid" ] || kill -- "-$beside_pid"; rm -f "$log" "$trainer_log" "$campaigns" "$beside" "$beside.failed" "$STATESTREAM_SKIPS"' EXIT
failed_steps=()

step() {
    local name=$1
    shift
    echo "== $name" >&2
    local TIMEFORMAT="== $name: %0R s, %0U s of user time"
    time "$@" || failed_steps+=("$name")
}

# Everything is compiled here, once: a build of one package alone would choose other features and compile all again.
build() { cargo test --workspace --release --quiet --no-run; }

tests() { cargo test --workspace --release --no-fail-fast -- ${STATESTREAM_FULL:+--include-ignored} 2>&1 | tee "$log"; }

# Each campaign ends with a line `name: N cases, N failures, ..., N s`.
verify() {
    local campaign failed=0
    for campaign in lockstep coverage proofs mutants golden faults second stress; do
        target/release/statestream verify --only "$campaign" ${STATESTREAM_FULL:+--full} 2>&1 | tee -a "$campaigns" || failed=1
    done
    return $failed
}

campaign_totals() {
    awk '/^[a-z]+: [0-9]+ cases, [0-9]+ failures/ { campaigns++; cases += $2; failures += $4 }
        END { printf "%d campaigns\n%d cases, %d failures\n", campaigns, cases, failures }' "$campaigns"
}

trainer() { scripts/train/setup.sh && scripts/train/test.sh 2>&1 | tee "$trainer_log"; }

# The pinned compiler measures no coverage: enough to compile the targets and to replay what was kept.
fuzz_targets() {
    CARGO_TARGET_DIR=target cargo build --release --locked --manifest-path fuzz/Cargo.toml || return 1
    for target in image_bytes checkpoint_bytes host_bytes; do
        local files=("fuzz/corpus/$target"/*)
        [ -f "${files[0]}" ] || { echo "fuzz/corpus/$target: no file" >&2 && return 1; }
        "target/release/$target" -artifact_prefix=target/ "${files[@]}" >"target/$target.log" 2>&1 || { cat "target/$target.log" >&2 && return 1; }
        echo "$target: ${#files[@]} files replayed" >&2
    done
}

# The sums come from the runners' own lines, so a runner that never ran cannot count as passed.
totals() {
    awk -v skips="$(wc -l <"$STATESTREAM_SKIPS")" '
        /^test result:/ { for (i = 2; i <= NF; i++) sum[$i] += $(i - 1); runners++ }
        /^Ran [0-9]+ tests? in/ { sum["passed;"] += $2; runners++; python = 1 }
        python && /^(OK|FAILED)/ {
            gsub(/[(),]/, " ")
            for (i = 2; i <= NF; i++) {
                split($i, kind, "=")
                sum[kind[1] == "skipped" ? "ignored;" : "failed;"] += kind[2]
                sum["passed;"] -= kind[2]
            }
            python = 0
        }
        END { printf "%d test runners\n%d passed, %d failed, %d skipped\n", runners, sum["passed;"] - skips, sum["failed;"], sum["ignored;"] + skips }' "$log" "$trainer_log"
}

# All else runs beside the tests, as either has stretches in which one tool keeps one core busy; what it says comes when both are over. As a job it
# has a process group, and with it Ctrl-C as anybody else.
others_beside() {
    set -m
    (
        failed_steps=()
        step "verify" verify
        step "fuzz targets" fuzz_targets
        step "trainer" trainer
        printf '%s\n' over ${failed_steps[@]+"${failed_steps[@]}"} >"$beside.failed"
    ) </dev/null >"$beside" 2>&1 &
    beside_pid=$!
    set +m
}

others_over() {
    wait "$beside_pid" || true
    beside_pid=
    cat "$beside" >&2
    local name over=no
    while read -r name; do
        [ "$name" = over ] && over=yes || failed_steps+=("$name")
    done < <(cat "$beside.failed" 2>/dev/null)
    [ "$over" = yes ] || failed_steps+=("what runs beside the tests")
}

scripts/setup.sh
# One profile for all four: rust-hdl and the model are compiled once.
step "format" cargo fmt --all --check
step "lint" cargo clippy --workspace --all-targets --release -- -D warnings
step "documentation" env RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --release --no-deps --document-private-items
step "build" build
others_beside
step "tests" tests
others_over
[ -z "${STATESTREAM_FULL:-}" ] || step "campaign workflow" scripts/campaign/test.sh

for name in ${failed_steps[@]+"${failed_steps[@]}"}; do
    echo "FAILED: $name" >&2
done
cat "$STATESTREAM_SKIPS" >&2
campaign_totals
totals
[ ${#failed_steps[@]} = 0 ]

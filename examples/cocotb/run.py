"""Compiles the emitted Verilog with Verilator and runs test_machine.py on it. README.md says how it is called."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).resolve().parent
# Verilator of this checkout, if scripts/setup.sh put one there; else the one on PATH.
TOOLS = HERE.parent.parent / "tools"
# cocotb makes every signal of the design visible, which triples what is compiled: the pins are enough.
VISIBLE = '`verilator_config\npublic_flat_rw -module "statestream" -var "*"\n'


def arguments() -> argparse.Namespace:
    """The command line; what describes the machine is that of configuration `tiny`, as in image/configs.toml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path, help="what statestream pack wrote")
    parser.add_argument("verilog", type=Path, help="the folder that statestream verilog wrote")
    parser.add_argument("golden", type=Path, help="what statestream run IMAGE --prompt TEXT --json printed")
    parser.add_argument("--prompt", required=True, help="the same TEXT")
    parser.add_argument("--build", type=Path, default=HERE / "sim_build", help="folder for what is compiled")
    parser.add_argument("--clock-hz", default="24000000")
    parser.add_argument("--divisor", default="8", help="clocks of a bit on the serial line")
    parser.add_argument("--flash-base", default="0", help="address of the image in the flash")
    return parser.parse_args()


def vocabulary(image: bytes) -> list[str]:
    """The tokens' names, from the metadata behind the stored states (image/FORMAT.md)."""
    long = lambda word: int.from_bytes(image[2 * word : 2 * word + 4], "big")  # noqa: E731
    count = int.from_bytes(image[40:42], "big")
    start = -(-(long(16) + count * long(18)) // 16) * 16
    length = int.from_bytes(image[start : start + 4], "big")
    return json.loads(image[start + 4 : start + 4 + length])["vocab"]


def expectations(options: argparse.Namespace) -> dict[str, str]:
    """What the test is told, as environment."""
    names = vocabulary(options.image.read_bytes())
    golden = json.loads(options.golden.read_text())
    encode = lambda text: ",".join(str(names.index(letter)) for letter in text)  # noqa: E731
    return {
        "IMAGE": str(options.image.resolve()),
        "PROMPT": encode(options.prompt),
        "EXPECTED": encode(golden["text"]),
        "FOLLOWS": encode(golden["next"]),
        "CLOCK_HZ": options.clock_hz,
        "DIVISOR": options.divisor,
        "FLASH_BASE": options.flash_base,
    }


def main() -> int:
    """Builds, runs, and says how many tests there were."""
    options = arguments()
    build = options.build.resolve()
    build.mkdir(parents=True, exist_ok=True)
    visible = build / "visible.vlt"
    visible.write_text(VISIBLE)
    os.environ["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    files = [options.verilog.resolve() / name for name in (options.verilog / "files.f").read_text().split()]
    runner = get_runner("verilator")
    # --build: Verilator calls make itself, with the settings that its wrapper in tools knows to be missing
    build_args = ["--build", "-j", "2", "--no-public-flat-rw"]
    runner.build(
        sources=[visible, *files],
        hdl_toplevel="statestream",
        build_dir=build,
        build_args=build_args,
        timescale=("1ns", "1ps"),
        always=True,
        log_file=build / "build.log",
    )
    results = runner.test(
        test_module="test_machine",
        hdl_toplevel="statestream",
        test_dir=HERE,
        results_xml=str(build / "results.xml"),
        extra_env=expectations(options),
    )
    tests, failed = get_results(results)
    print(f"cocotb: {tests} tests, {failed} failed")
    return int(failed > 0 or tests == 0)


if __name__ == "__main__":
    sys.exit(main())

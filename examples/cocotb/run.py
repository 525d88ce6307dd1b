"""Compiles the emitted Verilog with Verilator and runs test_machine.py on it.

README.md, beside this file, says how it is called.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).resolve().parent
# Verilator of this checkout, if scripts/setup.sh put one there; else the one on PATH.
TOOLS = HERE.parent.parent / "tools"
# cocotb makes every signal visible, which doubles the time to compile: pins are enough.
VISIBLE = '`verilator_config\npublic_flat_rw -module "statestream" -var "*"\n'


def arguments() -> argparse.Namespace:
    """The command line; the machine's defaults are those of `tiny` in image/configs.toml."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("image", type=Path, help="what `statestream pack` wrote")
    add("verilog", type=Path, help="folder that `statestream verilog` wrote")
    add("golden", type=Path, help="what `statestream run IMAGE --prompt TEXT --json` printed")
    add("--prompt", required=True, help="the same TEXT")
    add("--build", type=Path, default=Path("sim_build"), help="folder for what is compiled")
    add("--clock-hz", default="24000000")
    add("--divisor", default="8", help="clocks of a bit on the serial line")
    add("--flash-base", default="0", help="address of the image in the flash")
    return parser.parse_args()


def vocabulary(image: bytes) -> list[str]:
    """The tokens' names, from the metadata behind the stored states (image/FORMAT.md)."""
    states, bytes_per_state, count = struct.unpack_from(">IIH", image, 32)
    start = (states + count * bytes_per_state + 15) // 16 * 16
    (length,) = struct.unpack_from(">I", image, start)
    return json.loads(image[start + 4 : start + 4 + length])["vocab"]


def encode(text: str, names: list[str]) -> str:
    """A text of one character a token, as numbers."""
    return ",".join(str(names.index(letter)) for letter in text)


def expectations(options: argparse.Namespace) -> dict[str, str]:
    """What the test is told, as environment."""
    names = vocabulary(options.image.read_bytes())
    golden = json.loads(options.golden.read_text())
    return {
        "IMAGE": str(options.image.resolve()),
        "PROMPT": encode(options.prompt, names),
        "EXPECTED": encode(golden["text"], names),
        "FOLLOWS": encode(golden["next"], names),
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
    folder = options.verilog.resolve()
    files = [folder / name for name in (folder / "files.f").read_text().split()]
    runner = get_runner("verilator")
    # --build: Verilator calls make itself, with the settings that its wrapper in tools adds.
    # Without optimisation, since to compile takes longer than to run.
    unoptimised = ["-MAKEFLAGS", "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"]
    build_args = ["--build", "-j", "2", "--no-public-flat-rw", *unoptimised]
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
        test_dir=build,
        results_xml=str(build / "results.xml"),
        extra_env=expectations(options),
    )
    tests, failed = get_results(results)
    print(f"cocotb: {tests} tests, {failed} failed")
    return int(failed > 0 or tests == 0)


if __name__ == "__main__":
    sys.exit(main())

//! The cocotb bench of `examples/cocotb`, called as its README says: on files that the commands wrote.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{file, json, name, text};
use statestream_image::config::Config;
use statestream_image::testing::{random_checkpoint, small};
use statestream_sim::mutation::Edit;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const CONFIG: &str = "tiny";
/// Tokens of a random model are named `!`, `"`, `#` and so on.
const PROMPT: &str = "#!";
const WRITTEN: &str = "5";
/// The second factor is not looked at: every word moves.
const PLANTED: Edit = Edit::new("multiplier", "assign m = a * b;", "assign m = a * a;");

/// An image, its Verilog, and what the golden model writes.
struct Files {
    image: String,
    verilog: PathBuf,
    golden: String,
}

impl Files {
    /// Written as a user would, from a random checkpoint.
    fn written() -> Files {
        let (checkpoint, image) = (name("cocotb.safetensors"), name("cocotb.img"));
        let (verilog, golden) = (file("cocotb-verilog"), name("cocotb.json"));
        fs::write(&checkpoint, random_checkpoint(1, &small()).to_safetensors().unwrap()).unwrap();
        json(&["pack", &checkpoint, "-o", &image, "--weights", "w8"]);
        json(&["verilog", "--config", CONFIG, "-o", &verilog.display().to_string()]);
        let written = json(&["run", &image, "--prompt", PROMPT, "-n", WRITTEN]);
        fs::write(&golden, written.to_string()).unwrap();
        Files { image, verilog, golden }
    }

    /// Plants the bug in the emitted text.
    fn plant(&self) {
        let module = self.verilog.join(format!("statestream_{}.v", PLANTED.module));
        fs::write(&module, PLANTED.apply(&fs::read_to_string(&module).unwrap()).unwrap()).unwrap();
    }

    /// Runs the bench; what is compiled stays for the next run, as a user's does.
    fn bench(&self) -> Output {
        let config = Config::named(CONFIG).unwrap();
        let machine = [
            ("--clock-hz", config.clock_hz.to_string()),
            ("--divisor", config.uart_divisor.to_string()),
            ("--flash-base", config.flash_base.to_string()),
        ];
        Command::new(python())
            .arg(Path::new(ROOT).join("examples/cocotb/run.py"))
            .args([&self.image, &self.verilog.display().to_string(), &self.golden])
            .args(["--prompt", PROMPT, "--build", &name("cocotb-build")])
            .args(machine.iter().flat_map(|(option, value)| [option, value.as_str()]))
            .output()
            .unwrap()
    }
}

/// The Python that the set-up made, with cocotb.
fn python() -> PathBuf {
    let python = Path::new(ROOT).join(".hw/bin/python");
    let found = Command::new(&python).args(["-c", "import cocotb_tools.runner"]).output();
    assert!(found.is_ok_and(|found| found.status.success()), "no cocotb in .hw; run scripts/setup.sh");
    python
}

#[test]
fn the_bench_passes_on_the_emitted_files_and_fails_on_a_planted_bug() {
    let files = Files::written();
    let sound = files.bench();
    let said = text(&sound.stdout);
    assert!(sound.status.success(), "{said}{}", text(&sound.stderr));
    assert!(said.contains("6 tokens equal the golden model's"), "{said}");
    assert!(said.ends_with("cocotb: 1 tests, 0 failed\n"), "{said}");
    files.plant();
    let planted = files.bench();
    let said = text(&planted.stdout);
    assert_eq!(planted.status.code(), Some(1), "{said}{}", text(&planted.stderr));
    assert!(said.ends_with("cocotb: 1 tests, 1 failed\n"), "{said}");
    assert!(said.contains("FEED: ") && said.contains("golden: "), "{said}");
}

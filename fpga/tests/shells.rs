//! The shells simulated, with models of the vendor's cells: when the machine's clock starts, and every edge of the flash's.

use std::path::Path;
use std::process::Command;

/// Runs the bench of a family and returns what it printed last.
fn simulate(family: &str, defines: &[&str], change: impl Fn(String) -> String) -> String {
    let (here, folder) = (Path::new(env!("CARGO_MANIFEST_DIR")), tempfile::tempdir().unwrap());
    let shell = std::fs::read_to_string(here.join(format!("boards/{family}.v"))).unwrap();
    std::fs::write(folder.path().join("shell.v"), change(shell)).unwrap();
    let program = folder.path().join("bench");
    let mut compiler = Command::new("iverilog");
    compiler
        .args(["-g2012", "-s", "bench", "-o"])
        .arg(&program)
        .args(defines)
        .arg(folder.path().join("shell.v"));
    let cells = format!("tests/shells_{family}.v");
    compiler.args(["boards/machine.v", "tests/shells.v", &cells].map(|name| here.join(name)));
    let output = compiler.output().expect("iverilog: run scripts/setup.sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new("vvp").arg(&program).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_string()
}

#[test]
fn every_flash_clock_is_whole_and_in_its_place() {
    for (family, defines) in [("ice40", &[][..]), ("ecp5", &["-DECP5"])] {
        let printed = simulate(family, defines, |shell| shell);
        assert!(printed.starts_with("GOOD: 2000 clocks"), "{family}: {printed}");
    }
}

#[test]
fn the_bench_sees_a_clock_that_starts_too_early_and_one_in_the_wrong_place() {
    let early = simulate("ecp5", &["-DECP5"], |shell| shell.replace(".CE(run)", ".CE(1'b1)"));
    assert!(early.contains("before the PLL has locked"), "{early}");
    let late = simulate("ecp5", &["-DECP5"], |shell| shell.replace("(turn ^ turned)", "~(turn ^ turned)"));
    assert!(late.contains("WRONG"), "{late}");
    let early = simulate("ice40", &[], |shell| shell.replace("half <= run & ~half", "half <= ~half"));
    assert!(early.contains("before the PLL has locked"), "{early}");
}

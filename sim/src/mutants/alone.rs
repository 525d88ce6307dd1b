//! The machine with one mutant and no other: its module as yosys writes it, all the others as they are emitted. What makes a batch slow is the
//! sleepers in it and the cells that yosys makes of every module, so this one is worth its compilation to a mutant that outlives the first scenes.

use statestream_hdl::machine::TOP;

use super::list::READ;
use super::{MutantError, Mutation, Yosys};
use crate::engine::EngineError;
use crate::mutation::bounds;
use crate::rtl::ports;
use crate::verilator::{Build, Compiled, Optimise};

/// Its model, made of the machine's text, or found where it is kept if it was made before.
pub(super) fn alone(machine: &str, mutation: &Mutation, yosys: &Yosys) -> Result<Compiled, MutantError> {
    let script = format!(
        "{READ}{}\nopt_clean\nselect {}\nwrite_verilog -noattr -selected mutant.v\n",
        mutation.command(""),
        mutation.module
    );
    let mutant = yosys.made("alone", &[("machine.v", machine)], &script, &["mutant.v".into()])?.concat();
    let text = without(machine, &mutation.module) + &mutant;
    let build =
        Build::new(TOP).verilog("mutant.v", text).ports(ports(machine, TOP)).optimise(Optimise::Light);
    Ok(build.argument("--no-assert").compiled().map_err(EngineError::from)?)
}

/// A text without one of its modules.
fn without(text: &str, module: &str) -> String {
    let Some([begin, end]) = bounds(text, module) else { return text.into() };
    let behind = text[end..].strip_prefix("endmodule\n").unwrap_or_default();
    [&text[..begin], behind].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_module_is_taken_out() {
        let text = "module a (\nx\nendmodule\nmodule ab (\ny\nendmodule\nmodule b (\nz\nendmodule\n";
        assert_eq!(super::without(text, "ab"), "module a (\nx\nendmodule\nmodule b (\nz\nendmodule\n");
        assert_eq!(super::without(text, "c"), text);
    }
}

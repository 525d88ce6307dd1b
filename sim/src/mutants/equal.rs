//! Is a mutant the sound machine? Registers and memories are cut open: what they hold becomes an input of both machines, what they will hold an output.
//! If all outputs are equal for all inputs, both do the same in every clock from power-up on. The opposite does not follow: it may take values that no
//! register ever has.

use statestream_image::config::Config;

use super::list::{verilog, READ};
use super::{MutantError, Mutation, Yosys};

/// Seconds for the solver.
const LIMIT: u32 = 60;

/// True if a proof goes through.
pub fn proved_equal(config: &Config, mutation: &Mutation, yosys: &Yosys) -> Result<bool, MutantError> {
    let text = verilog(config)?;
    let script = script(mutation);
    match yosys.made("equal", &[("machine.v", &text)], &script, &["equal.txt".into()]) {
        Ok(_) => Ok(true),
        // sat -verify ends with an error where there is an input that tells the machines apart, or none is known in time.
        Err(MutantError::Refused { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Whoever holds memories stays a module of its own and is taken out as a whole, so a mutant of its inside is never proved. What is alike
/// in both machines is merged before the solver sees it.
fn script(mutation: &Mutation) -> String {
    let cut = "setattr -mod -set keep_hierarchy 1 t:$mem* %m\nflatten\nopt_clean\n\
               expose -evert statestream/t:*\nexpose -evert-dff statestream/t:*\nopt_clean -purge\n\
               select -assert-none statestream/t:*dff* statestream/t:$mem* statestream/t:statestream*\n";
    format!(
        "{READ}select -set memories t:$mem* %m\nselect -assert-none @memories {module} %i\n\
         design -save both\n{cut}rename statestream gold\ndesign -stash gold\ndesign -load both\n{command}\n{cut}\
         rename statestream gate\ndesign -stash gate\ndesign -copy-from gold -as gold gold\n\
         design -copy-from gate -as gate gate\nmiter -equiv -flatten gold gate miter\nhierarchy -top miter\n\
         opt_expr\nopt_merge -share_all\nopt_expr\nopt_clean\nopt_merge -share_all\nopt_expr\nopt_clean\n\
         sat -verify -prove trigger 0 -timeout {LIMIT} miter\ntee -o equal.txt stat\n",
        module = mutation.module,
        command = mutation.command(""),
    )
}

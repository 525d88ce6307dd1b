//! The own models: a lookup table that is the library's for every table, and no build where something is not modelled.

use statestream_sim::netlist::Cells;
use statestream_sim::verilator::{Build, Optimise, Port, Source};

const OWN: &str = include_str!("../../cells/lut4.v");

/// A lookup table of a library.
struct Table {
    cells: Cells,
    name: &'static str,
    parameter: &'static str,
    /// Output, then inputs from the lowest bit of the index on.
    pins: [&'static str; 5],
}

const ICE40: Table = Table {
    cells: Cells::Ice40,
    name: "SB_LUT4",
    parameter: "LUT_INIT",
    pins: ["O", "I0", "I1", "I2", "I3"],
};
const ECP5: Table =
    Table { cells: Cells::Ecp5, name: "LUT4", parameter: "INIT", pins: ["Z", "A", "B", "C", "D"] };

impl Table {
    /// The model `original` of `text` as module `name`, its table an input instead of a parameter: one model then has all tables.
    fn opened(&self, text: &str, original: &str, name: &str) -> String {
        let after = text.split_once(&format!("module {original} ")).expect("the model").1;
        let body = after.split_once(");").expect("a head").1.split("endmodule").next().unwrap_or_default();
        // The library goes on with timing.
        let code = body.split("`ifdef").next().and_then(|code| code.split("specify").next()).expect("code");
        let is_table = |line: &&str| line.contains("parameter [15:0]") && line.contains(self.parameter);
        assert_eq!(code.lines().filter(is_table).count(), 1, "{code}");
        let code: String =
            code.lines().filter(|line| !is_table(line)).map(|line| format!("{line}\n")).collect();
        let [out, inputs @ ..] = self.pins;
        format!(
            "module {name} (input [15:0] {}, input {}, output {out});\n{code}endmodule\n",
            self.parameter,
            inputs.join(", ")
        )
    }

    fn library(&self) -> String {
        let sources = self.cells.library().unwrap_or_else(|e| panic!("{e}"));
        let original = format!("{}_library", self.name);
        let source = sources.iter().find(|source| source.text.contains(&format!("module {original} ")));
        self.opened(&source.expect("the library has it").text, &original, "theirs")
    }

    /// No table and no input on which the own model, the library's and the table itself differ.
    fn check(&self) {
        let own = self.opened(OWN, self.name, "own");
        let sources = [("library.v", self.library()), ("own.v", own), ("both.v", BOTH.into())];
        let build = Build::new("both").sources(sources.map(|(name, text)| Source::text(name, text)));
        let build = build.input("init", 16).input("at", 4).output("wrong", 1).optimise(Optimise::Quick);
        let mut model = build.load(1).unwrap_or_else(|e| panic!("{e}"));
        let (init, at) = (model.input::<u16>("init").unwrap(), model.input::<u8>("at").unwrap());
        let wrong = model.output::<u8>("wrong").unwrap();
        for (table, input) in (0..=u16::MAX).flat_map(|table| (0..16).map(move |input| (table, input))) {
            model.set(init, table);
            model.set(at, input);
            model.eval();
            assert_eq!(model.get(wrong), 0, "{}: table {table:04x}, input {input:x}", self.name);
        }
    }
}

const BOTH: &str = "module both (input [15:0] init, input [3:0] at, output wrong);
wire a, b;
theirs l (init, at[0], at[1], at[2], at[3], a);
own o (init, at[0], at[1], at[2], at[3], b);
assign wrong = a != b || a != init[at];
endmodule
";

#[test]
fn the_own_lookup_tables_are_the_librarys() {
    ICE40.check();
    ECP5.check();
}

#[test]
fn what_is_not_modelled_stops_the_build() {
    let refused = |cell: &str| {
        let text = format!("module top (input clock, output out);\n{cell}\nassign out = clock;\nendmodule\n");
        let ports = vec![Port::input("clock", 1), Port::output("out", 1)];
        let build = Cells::Ecp5.build("top", vec![Source::text("top.v", text)], ports).expect("a library");
        build.optimise(Optimise::Quick).load(1).expect_err(cell).to_string()
    };
    for cell in [
        "DP16KD #(.REGMODE_A(\"OUTREG\")) ram ();",
        "DP16KD #(.DATA_WIDTH_B(12)) ram ();",
        "DP16KD #(.CSDECODE_B(\"0b001\")) ram ();",
        "MULT18X18D #(.REG_OUTPUT_CLK(\"CLK0\")) product ();",
        "MULT18X18D #(.MULT_BYPASS(\"ENABLED\")) product ();",
    ] {
        let error = refused(cell);
        assert!(error.contains("unsupported"), "{cell}: {error}");
    }
}

//! The lookup table that simulates faster is the library's own: no table and no input on which they differ.

use statestream_sim::netlist::Cells;
use statestream_sim::verilator::{Build, Optimise, Source};

/// Turns the table of the library's model from a parameter into an input, so that one model has all tables.
fn opened(text: &str, module: &str, table: &str) -> String {
    let start = text.find(&format!("module {module} ")).expect("the library's model");
    let module = &text[start..start + text[start..].find("endmodule").expect("an end")];
    let line = module.lines().find(|line| line.trim().starts_with("parameter [15:0]")).expect("its table");
    assert!(line.contains(table), "{line}");
    let opened = module.replace(line, &format!("input [15:0] {table};"));
    // Ports in the old style: names in the head, then directions.
    let body = opened.split_once(");").expect("a head").1;
    body.split("specify").next().expect("code before the timing").to_string()
}

fn checked(cells: Cells, library: &str, own: &str, table: &str, pins: [&str; 5]) {
    let [out, inputs @ ..] = pins;
    let sources = cells.library().unwrap_or_else(|e| panic!("{e}"));
    let text = sources
        .iter()
        .map(|source| source.text.as_str())
        .find(|text| text.contains(&format!("module {library} ")));
    let body = opened(text.expect("the library has it"), library, table);
    let list = inputs.join(", ");
    let body = body.replace("`ifdef ICE40_HX", "");
    let module =
        format!("module theirs ({table}, {list}, {out});\ninput {list};\noutput {out};\n{body}\nendmodule\n");
    let own_text = include_str!("../../cells/lut4.v");
    let start = own_text.find(&format!("module {own} ")).expect("the own model");
    let own_module = &own_text[start..start + own_text[start..].find("endmodule").expect("an end")];
    let own_body = own_module.split_once(");").expect("a head").1;
    let own_line = own_body.lines().find(|line| line.contains("parameter")).expect("its table");
    let own_body = own_body.replace(own_line, &format!("input [15:0] {table};"));
    let own_module = format!(
        "module own ({table}, {list}, {out});\ninput {list};\noutput {out};\n{own_body}\nendmodule\n"
    );
    let top = format!(
        "module both (input [15:0] init, input [3:0] at, output wrong);\nwire a, b;\n\
         theirs l (init, at[0], at[1], at[2], at[3], a);\nown o (init, at[0], at[1], at[2], at[3], b);\nassign wrong = a != b || a != init[at];\nendmodule\n"
    );
    let sources = [("library.v", module), ("own.v", own_module), ("both.v", top)];
    let build = Build::new("both").sources(sources.map(|(name, text)| Source::text(name, text)));
    let build = build.input("init", 16).input("at", 4).output("wrong", 1).optimise(Optimise::Quick);
    let mut model = build.load(1).unwrap_or_else(|e| panic!("{e}"));
    let (init, at) = (model.input::<u16>("init").unwrap(), model.input::<u8>("at").unwrap());
    let wrong = model.output::<u8>("wrong").unwrap();
    for table in 0..=u16::MAX {
        for input in 0..16 {
            model.set(init, table);
            model.set(at, input);
            model.eval();
            assert_eq!(model.get(wrong), 0, "{own}: table {table:04x}, input {input:x}");
        }
    }
}

#[test]
fn the_own_lookup_tables_are_the_librarys() {
    checked(Cells::Ice40, "SB_LUT4_library", "SB_LUT4", "LUT_INIT", ["O", "I0", "I1", "I2", "I3"]);
    checked(Cells::Ecp5, "LUT4_library", "LUT4", "INIT", ["Z", "A", "B", "C", "D"]);
}

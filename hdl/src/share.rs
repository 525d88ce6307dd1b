//! rust-hdl prints one module for every instance. Modules with the same text are one; and a module is named for its top and
//! its own place, `statestream_epilogue`, not for the whole path to it.

use crate::netlist::Module;
use std::collections::{BTreeMap, BTreeSet};

/// Merges equal modules until no two are equal, and gives short names.
pub fn modules(modules: &mut Vec<Module>, top: &str) {
    let mut paths: BTreeMap<String, Vec<String>> =
        modules.iter().map(|m| (m.name.clone(), vec![m.name.clone()])).collect();
    while let Some(twins) = twins(modules) {
        for (twin, first) in &twins {
            let more = paths.remove(twin).unwrap_or_default();
            paths.entry(first.clone()).or_default().extend(more);
        }
        modules.retain(|module| !twins.contains_key(&module.name));
        rename(modules, &twins);
    }
    let names = names(modules, &paths, top);
    rename(modules, &names);
}

/// Every module's short name: one part of its path, or two where one is not enough.
fn names(modules: &[Module], paths: &BTreeMap<String, Vec<String>>, top: &str) -> BTreeMap<String, String> {
    let all = |module: &Module| paths.get(&module.name).map_or(&[][..], Vec::as_slice);
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for module in modules {
        *uses.entry(short_name(all(module), &module.name, top, 1)).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let mut name = |module: &Module| {
        let short = short_name(all(module), &module.name, top, 1);
        let depth = if uses[&short] > 1 { 2 } else { 1 };
        (module.name.clone(), fresh(&short_name(all(module), &module.name, top, depth), &mut taken))
    };
    modules.iter().map(&mut name).collect()
}

/// Every module that is equal to an earlier one, and that one.
fn twins(modules: &[Module]) -> Option<BTreeMap<String, String>> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut twins = BTreeMap::new();
    for module in modules {
        let text = Module { name: String::new(), ..module.clone() }.print();
        match first.get(&text) {
            Some(earlier) => drop(twins.insert(module.name.clone(), (*earlier).to_string())),
            None => drop(first.insert(text, &module.name)),
        }
    }
    (!twins.is_empty()).then_some(twins)
}

/// Renames modules where they are defined and where they are used.
fn rename(modules: &mut [Module], names: &BTreeMap<String, String>) {
    let change = |name: &mut String| {
        if let Some(new) = names.get(name) {
            name.clone_from(new);
        }
    };
    for module in modules {
        change(&mut module.name);
        module.instances.iter_mut().for_each(|child| change(&mut child.module));
    }
}

/// The last `depth` parts of the path, a number being an index of the part before it. One module of many instances with
/// different names is named for the block around them.
fn short_name(paths: &[String], path: &str, top: &str, depth: usize) -> String {
    let own = parts(path);
    let below = own.get(1..).unwrap_or(&[]);
    let one_name = paths.iter().all(|other| parts(other).last() == own.last());
    match below {
        [] => top.into(),
        [.., around, _] if !one_name => format!("{top}_{around}_unit"),
        _ if !one_name => format!("{top}_unit"),
        _ => format!("{top}_{}", below[below.len().saturating_sub(depth)..].join("_")),
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('$').filter(|part| !part.starts_with(|c: char| c.is_ascii_digit())).collect()
}

fn fresh(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = wanted.to_string();
    for number in 2.. {
        if taken.insert(name.clone()) {
            break;
        }
        name = format!("{wanted}_{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use crate::netlist::{parse, Module};

    fn shared(text: &str) -> String {
        let mut modules = parse(text);
        super::modules(&mut modules, "machine");
        modules.iter().map(Module::print).collect()
    }

    fn leaf(path: &str) -> String {
        format!("module {path}(a);\n    // Module arguments\n    input wire  a;\nendmodule // {path}\n")
    }

    fn parent(path: &str, children: &[&str]) -> String {
        let children: String =
            children.iter().map(|c| format!("    {path}${c} {c}(\n        .a(a)\n    );\n")).collect();
        format!("module {path}(a);\n    // Module arguments\n    input wire  a;\n    // Sub module instances\n{children}endmodule // {path}\n")
    }

    #[test]
    fn equal_modules_become_one_and_then_their_parents() {
        let text = [
            parent("top", &["x", "y"]),
            parent("top$x", &["counter"]),
            leaf("top$x$counter"),
            parent("top$y", &["counter"]),
            leaf("top$y$counter"),
        ];
        let shared = shared(&text.concat());
        assert_eq!(shared.matches("endmodule").count(), 3, "{shared}");
        assert!(shared.starts_with("module machine ("), "{shared}");
        assert!(
            shared.contains("    machine_unit x (") && shared.contains("    machine_unit y ("),
            "{shared}"
        );
        assert!(shared.contains("    machine_counter counter ("), "{shared}");
    }

    #[test]
    fn different_modules_of_one_name_say_where_they_are_and_indices_are_no_names() {
        let wide =
            |path: &str, w: usize| leaf(path).replace("input wire  a", &format!("input wire  [{w}:0] a"));
        let texts =
            [wide("top$x$rom", 1), wide("top$y$rom", 2), wide("top$y$rom$1", 3), wide("top$lanes$0", 4)];
        let shared = shared(&texts.concat());
        for name in ["machine_x_rom", "machine_y_rom", "machine_y_rom_2", "machine_lanes"] {
            assert!(shared.contains(&format!("module {name} (")), "{shared}");
        }
    }
}

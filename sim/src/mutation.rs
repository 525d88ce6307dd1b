//! Planted bugs: the emitted Verilog with another text in one place of one module.

/// A change of one module. The text before is there exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// The module, without its prefix `statestream_`.
    pub module: &'static str,
    /// The text before.
    pub from: &'static str,
    /// The text after.
    pub to: &'static str,
}

/// The text is not what the edit was made for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// There is no such module.
    #[error("the Verilog has no module statestream_{module}; name another one in the edit")]
    Module {
        /// Its name, without the prefix.
        module: String,
    },
    /// The text before is not there once.
    #[error("`{from}` is {count} times in module statestream_{module} and must be there once; choose another text for the edit")]
    Pattern {
        /// The module, without the prefix.
        module: String,
        /// The text before.
        from: String,
        /// How often it is there.
        count: usize,
    },
}

impl Edit {
    /// A change of one module.
    pub const fn new(module: &'static str, from: &'static str, to: &'static str) -> Edit {
        Edit { module, from, to }
    }

    /// The Verilog with the change.
    pub fn apply(&self, verilog: &str) -> Result<String, MutationError> {
        let Edit { module, from, to } = *self;
        let [begin, end] = bounds(verilog, &format!("statestream_{module}"))
            .ok_or(MutationError::Module { module: module.into() })?;
        let text = replaced(&verilog[begin..end], from, to).map_err(|count| MutationError::Pattern {
            module: module.into(),
            from: from.into(),
            count,
        })?;
        Ok([&verilog[..begin], &text, &verilog[end..]].concat())
    }
}

/// The text with `to` where `from` is, if that is one place; else how many places they are.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> Result<String, usize> {
    match text.matches(from).count() {
        1 => Ok(text.replace(from, to)),
        count => Err(count),
    }
}

/// The Verilog with all the changes, in their order.
pub fn apply_all<'a>(
    verilog: &str,
    edits: impl IntoIterator<Item = &'a Edit>,
) -> Result<String, MutationError> {
    edits.into_iter().try_fold(verilog.to_string(), |text, edit| edit.apply(&text))
}

/// Where the text of the module of this whole name begins, and where its `endmodule` does.
pub(crate) fn bounds(verilog: &str, module: &str) -> Option<[usize; 2]> {
    let begin = verilog.find(&format!("module {module} ("))?;
    Some([begin, begin + verilog[begin..].find("endmodule")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "module statestream_a (\n);\n x = 1;\nendmodule\nmodule statestream_b (\n);\n x = 1; y = 1;\nendmodule\n";

    #[test]
    fn only_the_named_module_changes() {
        let changed = Edit::new("b", "x = 1;", "x = 2;").apply(TEXT).expect("there once");
        assert_eq!(changed.replace("x = 2;", "x = 1;"), TEXT);
        assert!(changed.ends_with("x = 2; y = 1;\nendmodule\n"), "{changed}");
    }

    #[test]
    fn a_text_that_is_not_there_once_is_an_error() {
        for (from, count) in [("x = 3;", 0), ("= 1;", 2)] {
            let error = Edit::new("b", from, "").apply(TEXT).expect_err("not once").to_string();
            assert!(error.contains(&format!("`{from}` is {count} times in module statestream_b")), "{error}");
        }
        let error = Edit::new("c", "x", "").apply(TEXT).expect_err("no module").to_string();
        assert!(error.contains("no module statestream_c"), "{error}");
    }
}

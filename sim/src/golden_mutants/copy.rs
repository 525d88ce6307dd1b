//! The copy of golden in which constants are made wrong.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use toml::{Table, Value};

use crate::cache::{FileError, LockedFolder};
use crate::verilator::{checkout, printed, start};

use super::{Difference, GoldenMutantError, Mutant, Record};

/// What golden is made of.
const CRATES: [&str; 2] = ["image", "golden"];
/// Folders of a crate that nothing built here needs.
const LEFT_OUT: [&str; 3] = ["tests", "benches", "target"];
/// What cargo says if it builds golden anew.
const BUILT: &str = "Compiling statestream-golden ";

/// The copy, this thread's alone.
pub struct Workshop {
    folder: LockedFolder,
    /// Path and text of golden's sources.
    golden: Vec<(PathBuf, String)>,
}

impl Workshop {
    /// Copies the sources of the checkout. What was built there before is used again if it is still true.
    pub fn open() -> Result<Workshop, GoldenMutantError> {
        let root = checkout()?;
        let folder = LockedFolder::lock(&root.join("target/mutants"), "golden")?;
        let mut sources = Vec::new();
        for name in CRATES {
            sources.extend(texts(&root, Path::new(name))?);
        }
        for (path, text) in &mut sources {
            if path.ends_with("Cargo.toml") {
                *text = edited(path, text, member)?;
            }
        }
        let manifest = edited(Path::new("Cargo.toml"), &read(&root.join("Cargo.toml"))?, workspace)?;
        let lock = read(&root.join("Cargo.lock"))?;
        remove_strays(folder.path(), &sources)?;
        let top = [("Cargo.toml".into(), manifest), ("Cargo.lock".into(), lock)];
        for (path, text) in sources.iter().chain(&top) {
            write(&folder.path().join(path), text)?;
        }
        sources.retain(|(path, _)| path.starts_with("golden/src"));
        Ok(Workshop { folder, golden: sources })
    }

    /// Golden as it is must say what the records say.
    pub fn sound(&self, records: &[Record]) -> Result<(), GoldenMutantError> {
        self.build("nothing", None)?;
        self.replay(records)?.map_or(Ok(()), |difference| Err(GoldenMutantError::Sound(difference)))
    }

    /// Where golden with a wrong constant parts from the records; nowhere if the mutant survives.
    pub fn judge(
        &self,
        mutant: &Mutant,
        records: &[Record],
    ) -> Result<Option<Difference>, GoldenMutantError> {
        let path = Path::new("golden/src").join(mutant.file).with_extension("rs");
        let source = self.golden.iter().find(|(other, _)| *other == path);
        let text = mutant.apply(source.map_or("", |(_, text)| text))?;
        self.build(mutant.name, Some((&path, &text)))?;
        self.replay(records)
    }

    /// Every file as it is to be, one perhaps with another text, and cargo.
    fn build(&self, what: &str, wrong: Option<(&Path, &str)>) -> Result<(), GoldenMutantError> {
        let mut changed = false;
        for (path, text) in &self.golden {
            let text = wrong.filter(|(other, _)| other == path).map_or(text.as_str(), |(_, text)| text);
            changed |= write(&self.folder.path().join(path), text)?;
        }
        let output = self.cargo()?;
        let text = printed(&output);
        // what was built before must not be judged in the name of this one
        match output.status.success() && (!changed || text.contains(BUILT)) {
            true => Ok(()),
            false => {
                let folder = self.folder.path().into();
                Err(GoldenMutantError::Build { what: what.into(), text, folder })
            }
        }
    }

    fn cargo(&self) -> Result<Output, GoldenMutantError> {
        let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--offline", "-p", "statestream-golden", "--example", "replay"]);
        command.env("CARGO_TARGET_DIR", self.folder.file("target")).current_dir(self.folder.path());
        Ok(start(&mut command)?)
    }

    fn replay(&self, records: &[Record]) -> Result<Option<Difference>, GoldenMutantError> {
        for record in records {
            if let Some(difference) = record.parts_from(&self.said(record)?) {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }

    /// What golden says to a script; behind it, if it broke off, why.
    fn said(&self, record: &Record) -> Result<String, GoldenMutantError> {
        self.folder.write("replay.image", &record.image)?;
        self.folder.write("replay.script", &record.script)?;
        let program = self.folder.file("target/release/examples/replay");
        let mut command = Command::new(program);
        let output = start(command.args(["replay.image", "replay.script"]).current_dir(self.folder.path()))?;
        Ok(printed(&output))
    }
}

/// Path below `root` and text of every file of a crate that is built here.
fn texts(root: &Path, folder: &Path) -> Result<Vec<(PathBuf, String)>, GoldenMutantError> {
    let whole = root.join(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(&whole).map_err(FileError::of("read", &whole))? {
        let name = entry.map_err(FileError::of("read", &whole))?.file_name();
        let path = folder.join(&name);
        match root.join(&path).is_dir() {
            true if LEFT_OUT.iter().any(|left| name == *left) => {}
            true => found.extend(texts(root, &path)?),
            false => found.push((path.clone(), read(&root.join(&path))?)),
        }
    }
    Ok(found)
}

/// Files of the copy that the checkout no longer has.
fn remove_strays(copy: &Path, sources: &[(PathBuf, String)]) -> Result<(), GoldenMutantError> {
    for name in CRATES.iter().filter(|name| copy.join(name).exists()) {
        for (path, _) in texts(copy, Path::new(name))? {
            if !sources.iter().any(|(kept, _)| *kept == path) {
                let path = copy.join(path);
                fs::remove_file(&path).map_err(FileError::of("remove", &path))?;
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(FileError::of("read", path))
}

/// Writes what is not there already: cargo goes by the time of writing. True if it was not.
fn write(path: &Path, text: &str) -> Result<bool, FileError> {
    if matches!(fs::read_to_string(path), Ok(there) if there == text) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(FileError::of("create", folder))?;
    fs::write(path, text).map_err(FileError::of("write", path))?;
    Ok(true)
}

/// A manifest after `change`.
fn edited(path: &Path, text: &str, change: fn(&mut Table)) -> Result<String, GoldenMutantError> {
    let broken = |reason: String| GoldenMutantError::Manifest { manifest: path.into(), reason };
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
    change(&mut table);
    toml::to_string(&table).map_err(|error| broken(error.to_string()))
}

/// A crate without its tests and what only they need.
fn member(manifest: &mut Table) {
    ["dev-dependencies", "bench", "test"].iter().for_each(|table| drop(manifest.remove(*table)));
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// A workspace of these crates. Scripts are short: what the compiler saves is more than the programs lose.
fn workspace(manifest: &mut Table) {
    if let Some(workspace) = manifest.get_mut("workspace").and_then(Value::as_table_mut) {
        workspace.insert("members".into(), CRATES.map(Value::from).to_vec().into());
    }
    let profile = table([
        ("opt-level", 0.into()),
        ("debug", false.into()),
        ("incremental", true.into()),
        // what is built once need not be built in parts
        ("package", table([("*", table([("codegen-units", 1.into())]))])),
    ]);
    manifest.insert("profile".into(), table([("release", profile)]));
}

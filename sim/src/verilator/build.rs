//! From Verilog text to a shared object, once per content.
//!
//! A model's folder is named by the SHA-256 of everything that shapes it. The builder holds a file lock, links to
//! a temporary name and renames: other threads and processes either wait or find a complete model, and a build
//! that failed or was killed leaves nothing that a later one would trust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::cache::{digest, LockedFolder};

use super::port::check_identifier;
use super::runtime::Runtime;
use super::shim::{shim, POINTS};
use super::tool::{cache_folder, compiler, printed, start};
use super::{Collector, Model, Optimise, Port, Trace, Verilator, VerilatorError};

/// One file of Verilog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as messages and coverage points show it; `.vh` and `.svh` are for inclusion only.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A file that exists only in memory.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }

    /// A file on disk, known by its last path component.
    pub fn read(path: impl AsRef<Path>) -> Result<Source, VerilatorError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|e| file_error("read", path, e))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Source::text(name, text))
    }

    fn is_included(&self) -> bool {
        self.name.ends_with(".vh") || self.name.ends_with(".svh")
    }

    fn check(&self) -> Result<(), VerilatorError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-$".contains(c);
        if self.name.starts_with(|c: char| c.is_ascii_alphanumeric()) && self.name.chars().all(plain) {
            return Ok(());
        }
        let rule = "letters, digits, `.`, `_`, `-` and `$`, first a letter or digit";
        Err(VerilatorError::Name { what: "source file", name: self.name.clone(), rule })
    }
}

/// A model to be compiled: what goes in, which ports come out, what it can record.
#[derive(Debug, Clone)]
pub struct Build {
    pub(super) top: String,
    sources: Vec<Source>,
    pub(super) ports: Vec<Port>,
    pub(super) trace: Trace,
    pub(super) coverage: bool,
    pub(super) collector: Option<Collector>,
    optimise: Optimise,
    arguments: Vec<String>,
    cache: Option<PathBuf>,
    tool: Option<PathBuf>,
}

impl Build {
    /// A model of this top module, without sources or ports yet.
    pub fn new(top: impl Into<String>) -> Build {
        Build {
            top: top.into(),
            sources: Vec::new(),
            ports: Vec::new(),
            trace: Trace::None,
            coverage: false,
            collector: None,
            optimise: Optimise::Fast,
            arguments: Vec::new(),
            cache: None,
            tool: None,
        }
    }

    /// Adds Verilog text under a file name.
    pub fn verilog(mut self, name: impl Into<String>, text: impl Into<String>) -> Build {
        self.sources.push(Source::text(name, text));
        self
    }

    /// Adds sources.
    pub fn sources(mut self, sources: impl IntoIterator<Item = Source>) -> Build {
        self.sources.extend(sources);
        self
    }

    /// Adds an input port.
    pub fn input(self, name: impl Into<String>, width: u32) -> Build {
        self.ports([Port::input(name, width)])
    }

    /// Adds an output port.
    pub fn output(self, name: impl Into<String>, width: u32) -> Build {
        self.ports([Port::output(name, width)])
    }

    /// Adds ports.
    pub fn ports(mut self, ports: impl IntoIterator<Item = Port>) -> Build {
        self.ports.extend(ports);
        self
    }

    /// Makes the model able to write waves.
    pub fn trace(mut self, trace: Trace) -> Build {
        self.trace = trace;
        self
    }

    /// Makes the model count lines and toggles.
    pub fn with_coverage(mut self) -> Build {
        self.coverage = true;
        self
    }

    /// The same, and every instance adds its counts to the collector's when it is dropped.
    pub fn collect(mut self, collector: Collector) -> Build {
        self.collector = Some(collector);
        self.with_coverage()
    }

    /// Chooses the C++ compiler's effort.
    pub fn optimise(mut self, optimise: Optimise) -> Build {
        self.optimise = optimise;
        self
    }

    /// Adds an argument to the simulator's command line, a `-D` of a netlist's cell library for instance.
    pub fn argument(mut self, argument: impl Into<String>) -> Build {
        self.arguments.push(argument.into());
        self
    }

    /// Keeps compiled models in this folder instead of the default.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Build {
        self.cache = Some(folder.into());
        self
    }

    /// Uses this simulator instead of the one [`Verilator::find`] finds.
    pub fn tool(mut self, program: impl Into<PathBuf>) -> Build {
        self.tool = Some(program.into());
        self
    }

    /// Compiles the model if its content was never compiled here, and returns its shared object.
    pub fn compile(&self) -> Result<PathBuf, VerilatorError> {
        self.check()?;
        let tool = self.tool.as_ref().map_or_else(Verilator::find, Verilator::at)?;
        let cache = self.cache.clone().map_or_else(cache_folder, Ok)?;
        let cache = std::path::absolute(&cache).map_err(|e| file_error("find", &cache, e))?;
        let folder = LockedFolder::lock(&cache, &self.key(&tool))?;
        let model = folder.path().join("model.so");
        if !model.exists() {
            // One library for all caches, a test's own included.
            let runtime = Runtime::new(&cache_folder()?, &self.runtime_key(&tool));
            self.compile_in(folder.path(), &tool, &runtime, &model)?;
        }
        Ok(model)
    }

    /// Compiles if needed and makes an instance whose initial state is drawn from `seed`.
    pub fn load(&self, seed: u32) -> Result<Model, VerilatorError> {
        self.clone().compiled()?.load(seed)
    }

    /// Compiles if needed; instances are then made without asking again whether that was done.
    pub fn compiled(self) -> Result<Compiled, VerilatorError> {
        let path = self.compile()?;
        Ok(Compiled { path, build: Arc::new(self) })
    }

    fn check(&self) -> Result<(), VerilatorError> {
        check_sources(&self.top, &self.sources)?;
        self.ports.iter().try_for_each(Port::check)
    }

    fn shim(&self) -> String {
        shim(&self.ports, self.trace)
    }

    /// What comes before the simulator's text.
    fn head(&self) -> &'static str {
        if self.coverage {
            POINTS
        } else {
            ""
        }
    }

    /// The folder's name: everything that shapes the model.
    fn key(&self, tool: &Verilator) -> String {
        let shim = self.shim();
        let options = self.options();
        let texts = self.sources.iter().flat_map(|source| [&source.name, &source.text]);
        let texts = texts.chain(&options).map(String::as_str);
        let parts = [tool.version(), self.optimise.flag(), self.head(), &shim].into_iter().chain(texts);
        format!("{}-{}", self.top, digest(parts.map(str::as_bytes)))
    }

    /// The folder's name of the simulator's library: what shapes it, which is all but the model.
    fn runtime_key(&self, tool: &Verilator) -> String {
        let mut parts = vec![tool.version(), CFLAGS, OPT_GLOBAL];
        parts.extend(self.arguments.iter().map(String::as_str));
        parts.extend(self.recorders());
        format!("runtime-{}", digest(parts.into_iter().map(str::as_bytes)))
    }

    /// The simulator's arguments, but for paths, which do not shape the model.
    fn options(&self) -> Vec<String> {
        let fixed = [
            "--cc",
            "-O3",
            "--output-split",
            "0",
            "--prefix",
            "Vdut",
            "-Wno-fatal",
            "--timescale",
            "1ns/1ps",
        ];
        let unknown = ["--x-assign", "unique", "--x-initial", "unique", "--top-module", &self.top];
        let mut options: Vec<String> = fixed.into_iter().chain(unknown).map(String::from).collect();
        options.extend(["-CFLAGS".into(), CFLAGS.into()]);
        options.extend(self.recorders().map(String::from));
        options.extend(self.arguments.iter().cloned());
        options
    }

    /// Line and toggle by name: plain `--coverage` adds state machines, on which this simulator can crash.
    fn recorders(&self) -> impl Iterator<Item = &str> {
        let trace: Option<&str> = match self.trace {
            Trace::None => None,
            Trace::Vcd => Some("--trace"),
            Trace::Fst => Some("--trace-fst"),
            Trace::Saif => Some("--trace-saif"),
        };
        let coverage: &[&str] = if self.coverage { &["--coverage-line", "--coverage-toggle"] } else { &[] };
        trace.into_iter().chain(coverage.iter().copied())
    }

    fn compile_in(
        &self,
        folder: &Path,
        tool: &Verilator,
        runtime: &Runtime,
        model: &Path,
    ) -> Result<(), VerilatorError> {
        let objects = folder.join("obj");
        // What a killed build left behind is not trusted.
        let _ = fs::remove_dir_all(&objects);
        self.translate(folder, tool, &objects)?;
        let library = runtime.kept().map_or_else(|| self.library(runtime, &objects), Ok)?;
        self.link(folder, tool, &objects, &library, model)?;
        let _ = fs::remove_dir_all(&objects);
        Ok(())
    }

    /// Verilog to C++.
    fn translate(&self, folder: &Path, tool: &Verilator, objects: &Path) -> Result<(), VerilatorError> {
        let files = write_sources(folder, &self.sources)?;
        let mut command = tool.command();
        command.args(self.options()).arg("--Mdir").arg(objects).args(files);
        // The simulator names source files as they are given: relative names keep coverage free of paths.
        self.step("translation", folder, command.current_dir(folder))
    }

    /// The simulator's own library, by its own makefile.
    fn library(&self, runtime: &Runtime, objects: &Path) -> Result<PathBuf, VerilatorError> {
        let mut make = Command::new("make");
        make.args(["-f", "Vdut.mk", "libverilated.a"]).arg(format!("OPT_GLOBAL={OPT_GLOBAL}"));
        self.step("library", objects, make.current_dir(objects))?;
        let library = objects.join("libverilated.a");
        runtime.keep(&library);
        Ok(library)
    }

    /// C++ and shim to a shared object, which appears under its name only when it is whole.
    fn link(
        &self,
        folder: &Path,
        tool: &Verilator,
        objects: &Path,
        library: &Path,
        model: &Path,
    ) -> Result<(), VerilatorError> {
        let unfinished = folder.join("model.so.unfinished");
        write(&objects.join("shim.cpp"), &self.shim())?;
        let files = included(objects).map_err(|e| file_error("list", objects, e))?;
        write(&objects.join(WHOLE), &format!("{}{files}", self.head()))?;
        self.step("compilation", folder, &mut self.compiler(&tool.root()?, objects, library, &unfinished))?;
        fs::rename(&unfinished, model).map_err(|e| file_error("rename", &unfinished, e))
    }

    /// One translation unit: in several files the headers and their precompiled forms took longer than the model.
    /// Only the `vs_*` functions are visible and bind to themselves, so models in one process stay apart.
    fn compiler(&self, root: &Path, objects: &Path, library: &Path, output: &Path) -> Command {
        let mut command = compiler();
        command.arg(self.optimise.flag()).args(CFLAGS.split(' ')).args(self.defines());
        for folder in [objects, &root.join("include"), &root.join("include/vltstd")] {
            command.arg("-I").arg(folder);
        }
        command.args(["-shared", "-Wl,-Bsymbolic", "-o"]).arg(output).arg(objects.join(WHOLE));
        command.arg("-Wl,--whole-archive").arg(library);
        command.args(["-Wl,--no-whole-archive", "-lpthread", "-latomic"]);
        if self.trace == Trace::Fst {
            command.args(["-lz", "-llz4"]);
        }
        command
    }

    /// What the simulator's makefile would define.
    fn defines(&self) -> [String; 8] {
        let trace = |kinds: &[Trace]| u8::from(kinds.contains(&self.trace));
        [
            ("VERILATOR", 1),
            ("VM_SC", 0),
            ("VM_TIMING", 0),
            ("VM_COVERAGE", self.coverage.into()),
            ("VM_TRACE", trace(&[Trace::Vcd, Trace::Fst, Trace::Saif])),
            ("VM_TRACE_VCD", trace(&[Trace::Vcd])),
            ("VM_TRACE_FST", trace(&[Trace::Fst])),
            ("VM_TRACE_SAIF", trace(&[Trace::Saif])),
        ]
        .map(|(name, value)| format!("-D{name}={value}"))
    }

    fn step(&self, step: &'static str, folder: &Path, command: &mut Command) -> Result<(), VerilatorError> {
        let output = start(command)?;
        if output.status.success() {
            return Ok(());
        }
        let (top, folder) = (self.top.clone(), folder.to_path_buf());
        let (status, text) = (output.status.to_string(), printed(&output));
        Err(VerilatorError::Refused { step, top, status, folder, text })
    }
}

/// A model that is compiled.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub(super) build: Arc<Build>,
    pub(super) path: PathBuf,
}

impl Compiled {
    /// The same, its instances nobody's.
    pub(super) fn without_collector(&self) -> Compiled {
        let build = Build { collector: None, ..Build::clone(&self.build) };
        Compiled { build: Arc::new(build), path: self.path.clone() }
    }

    /// An instance whose initial state is drawn from `seed`.
    pub fn load(&self, seed: u32) -> Result<Model, VerilatorError> {
        Model::open(self, seed)
    }
}

/// For the simulator's library: what a model calls in every cycle is in its headers.
const OPT_GLOBAL: &str = "-O1";

const CFLAGS: &str = "-fPIC -fno-gnu-unique -fvisibility=hidden -std=c++17 -DVL_TIME_CONTEXT";

/// All of a model's C++ files.
const WHOLE: &str = "whole.cpp";

/// A text that includes every C++ file of the folder, the shim last.
fn included(objects: &Path) -> std::io::Result<String> {
    let names = fs::read_dir(objects)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<String>>>()?;
    names.retain(|name| name.starts_with("Vdut") && name.ends_with(".cpp"));
    names.sort();
    names.push("shim.cpp".into());
    Ok(names.iter().map(|name| format!("#include \"{name}\"\n")).collect())
}

/// Names are checked before anything is written: they become file names and C++ text.
pub(super) fn check_sources(top: &str, sources: &[Source]) -> Result<(), VerilatorError> {
    check_identifier("top module", top)?;
    sources.iter().try_for_each(Source::check)
}

/// Writes the sources and returns the names of those to be compiled.
pub(super) fn write_sources(folder: &Path, sources: &[Source]) -> Result<Vec<String>, VerilatorError> {
    for source in sources {
        write(&folder.join(&source.name), &source.text)?;
    }
    Ok(sources.iter().filter(|source| !source.is_included()).map(|source| source.name.clone()).collect())
}

fn write(path: &Path, text: &str) -> Result<(), VerilatorError> {
    fs::write(path, text).map_err(|e| file_error("write", path, e))
}

pub(super) fn file_error(action: &'static str, path: &Path, source: std::io::Error) -> VerilatorError {
    VerilatorError::File { action, path: path.into(), source }
}

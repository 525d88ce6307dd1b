//! One running instance of a compiled model.
//!
//! All of the crate's `unsafe` is here. The argument, once: the shared object was made by [`Build::compile`](super::Build::compile), so its
//! `vs_*` functions have the types written below; a port's storage has the size its declaration says, since the
//! C++ compiler asserted it; a handle carries the number of the instance it was made by, and is refused by any other.

#![allow(unsafe_code, reason = "a shared object's functions and memory cannot be reached in safe Rust")]

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::build::file_error;
use super::{Compiled, Coverage, Direction, Port, Trace, VerilatorError, Word};

/// An input port of at most 64 bits.
#[derive(Debug, Clone, Copy)]
pub struct In<T> {
    storage: NonNull<T>,
    mask: T,
    instance: u64,
}

/// An output port of at most 64 bits.
#[derive(Debug, Clone, Copy)]
pub struct Out<T> {
    storage: NonNull<T>,
    instance: u64,
}

/// An input port of more than 64 bits.
#[derive(Debug, Clone, Copy)]
pub struct WideIn {
    words: NonNull<[u32]>,
    last_mask: u32,
    instance: u64,
}

/// An output port of more than 64 bits.
#[derive(Debug, Clone, Copy)]
pub struct WideOut {
    words: NonNull<[u32]>,
    instance: u64,
}

// SAFETY: a handle is an address and a number; only a `Model` dereferences it, and only its own.
unsafe impl<T: Send> Send for In<T> {}
// SAFETY: as for `In`.
unsafe impl<T: Send> Send for Out<T> {}
// SAFETY: as for `In`.
unsafe impl Send for WideIn {}
// SAFETY: as for `In`.
unsafe impl Send for WideOut {}

/// What the Verilog said about the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// An assertion failed, or `$error`, `$fatal` or `$stop` was reached.
    pub failed: bool,
    /// `$finish` was reached.
    pub finished: bool,
}

/// One instance of a compiled model: its own state, time, seed and coverage.
///
/// Every state bit and every input starts with a value drawn from the seed, so set all inputs first.
#[derive(Debug)]
pub struct Model {
    instance: NonNull<c_void>,
    number: u64,
    functions: Functions,
    compiled: Compiled,
    waves_open: bool,
    // Unloaded after `Drop` freed the instance, since fields are dropped last.
    library: Library,
}

// SAFETY: an instance touches only its own context and state; `activate` tells the library about a change of thread.
unsafe impl Send for Model {}

/// The functions of every cycle, looked up once.
#[derive(Debug, Clone, Copy)]
struct Functions {
    eval: unsafe extern "C" fn(*mut c_void),
    activate: unsafe extern "C" fn(*mut c_void),
    port: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
}

type OnPath<R> = unsafe extern "C" fn(*mut c_void, *const c_char) -> R;

/// Instances are numbered from 1: zero is nobody's number.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The instance that this thread's simulator library last worked for.
    static ACTIVE: Cell<u64> = const { Cell::new(0) };
}

impl Model {
    pub(super) fn open(compiled: &Compiled, seed: u32) -> Result<Model, VerilatorError> {
        let Compiled { build, path } = compiled;
        build.collector.iter().try_for_each(|collector| collector.expect(compiled))?;
        let failure = |reason: String| VerilatorError::Load { path: path.clone(), reason };
        // SAFETY: opening runs the library's static initialisers, which are Verilator's own and build nothing else.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|e| failure(e.to_string()))?;
        let (functions, create) = find_all(&library).map_err(|e| failure(e.to_string()))?;
        let (waves, named) = (build.trace != Trace::None, build.collector.is_none());
        // SAFETY: `create` is `vs_new`, which takes a seed and two flags.
        let instance = unsafe { create(seed as c_int, waves.into(), named.into()) };
        let instance = NonNull::new(instance).ok_or_else(|| failure("no instance was made".into()))?;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        // Making an instance also makes it the one its library works for in this thread.
        ACTIVE.set(number);
        Ok(Model { instance, number, functions, compiled: compiled.clone(), waves_open: false, library })
    }

    /// Another instance of the same model, its initial state drawn from `seed`.
    pub fn again(&self, seed: u32) -> Result<Model, VerilatorError> {
        self.compiled.load(seed)
    }

    /// A handle to set an input of at most 64 bits; `T` must be the smallest type that holds it.
    pub fn input<T: Word>(&self, name: &str) -> Result<In<T>, VerilatorError> {
        let (storage, width) = self.narrow::<T>(Direction::Input, name)?;
        Ok(In { storage, mask: T::mask(width), instance: self.number })
    }

    /// A handle to read an output of at most 64 bits; `T` must be the smallest type that holds it.
    pub fn output<T: Word>(&self, name: &str) -> Result<Out<T>, VerilatorError> {
        let (storage, _) = self.narrow::<T>(Direction::Output, name)?;
        Ok(Out { storage, instance: self.number })
    }

    /// A handle to set an input of more than 64 bits.
    pub fn wide_input(&self, name: &str) -> Result<WideIn, VerilatorError> {
        let (words, width) = self.wide(Direction::Input, name)?;
        let last_mask = u32::mask((width - 1) % 32 + 1);
        Ok(WideIn { words, last_mask, instance: self.number })
    }

    /// A handle to read an output of more than 64 bits.
    pub fn wide_output(&self, name: &str) -> Result<WideOut, VerilatorError> {
        let (words, _) = self.wide(Direction::Output, name)?;
        Ok(WideOut { words, instance: self.number })
    }

    /// True if the model has a port of this name, either way.
    pub fn has_port(&self, name: &str) -> bool {
        self.port_width(name).is_some()
    }

    /// Bits of the port of this name, if there is one.
    pub fn port_width(&self, name: &str) -> Option<u32> {
        self.compiled.build.ports.iter().find(|port| port.name == name).map(|port| port.width)
    }

    /// Sets an input; bits above its width are dropped, as a wire would.
    ///
    /// # Panics
    /// If the handle was made by another model.
    #[inline(always)]
    pub fn set<T: Word>(&mut self, port: In<T>, value: T) {
        self.own(port.instance);
        // SAFETY: the handle is this instance's, so its storage is alive, aligned and of type T; `&mut self` excludes others.
        unsafe { port.storage.as_ptr().write(value.and(port.mask)) }
    }

    /// Reads an output as the last [`Model::eval`] left it.
    ///
    /// # Panics
    /// If the handle was made by another model.
    #[inline(always)]
    pub fn get<T: Word>(&self, port: Out<T>) -> T {
        self.own(port.instance);
        // SAFETY: the handle is this instance's, so its storage is alive, aligned and of type T.
        unsafe { port.storage.as_ptr().read() }
    }

    /// Sets a wide input from words, least significant first; words not given are zero, bits above its width are dropped.
    ///
    /// # Panics
    /// If the handle was made by another model.
    pub fn set_wide(&mut self, mut port: WideIn, value: &[u32]) {
        self.own(port.instance);
        // SAFETY: the handle is this instance's and `&mut self` excludes others for the borrow's length.
        let words = unsafe { port.words.as_mut() };
        for (index, word) in words.iter_mut().enumerate() {
            *word = value.get(index).copied().unwrap_or(0);
        }
        if let Some(last) = words.last_mut() {
            *last &= port.last_mask;
        }
    }

    /// Reads a wide output: words, least significant first.
    ///
    /// # Panics
    /// If the handle was made by another model.
    pub fn get_wide(&self, port: WideOut) -> &[u32] {
        self.own(port.instance);
        // SAFETY: the handle is this instance's; the slice borrows the model, so no eval can run while it lives.
        unsafe { port.words.as_ref() }
    }

    /// Lets the inputs take effect.
    #[inline(always)]
    pub fn eval(&mut self) {
        self.activate();
        // SAFETY: the instance is alive and this thread is the only one in it.
        unsafe { (self.functions.eval)(self.instance.as_ptr()) }
    }

    /// What the Verilog said so far.
    pub fn status(&self) -> Result<Status, VerilatorError> {
        let status = self.find::<unsafe extern "C" fn(*mut c_void) -> c_int>(c"vs_status", "a status")?;
        // SAFETY: the type is `vs_status`'s and the instance is alive.
        let bits = unsafe { status(self.instance.as_ptr()) };
        Ok(Status { failed: bits & 1 != 0, finished: bits & 2 != 0 })
    }

    /// Starts writing waves to `path`.
    pub fn open_waves(&mut self, path: &Path) -> Result<(), VerilatorError> {
        let open = self.find::<OnPath<c_int>>(c"vs_waves_open", "waves")?;
        self.close_waves()?;
        self.activate();
        let name = c_path(path)?;
        // SAFETY: the type is `vs_waves_open`'s; both pointers live through the call.
        self.waves_open = unsafe { open(self.instance.as_ptr(), name.as_ptr()) } != 0;
        match self.waves_open {
            true => Ok(()),
            false => Err(file_error("create", path, std::io::ErrorKind::PermissionDenied.into())),
        }
    }

    /// Writes the present values to the waves at `time`, which must grow from call to call.
    pub fn dump_waves(&mut self, time: u64) -> Result<(), VerilatorError> {
        let dump = self.find::<unsafe extern "C" fn(*mut c_void, u64)>(c"vs_waves_dump", "waves")?;
        if !self.waves_open {
            return Err(self.not_built("an open waves file"));
        }
        self.activate();
        // SAFETY: the type is `vs_waves_dump`'s and a file is open.
        unsafe { dump(self.instance.as_ptr(), time) }
        Ok(())
    }

    /// Completes the waves file, if one is open.
    pub fn close_waves(&mut self) -> Result<(), VerilatorError> {
        if !self.waves_open {
            return Ok(());
        }
        let close = self.find::<unsafe extern "C" fn(*mut c_void)>(c"vs_waves_close", "waves")?;
        self.waves_open = false;
        // SAFETY: the type is `vs_waves_close`'s and a file is open.
        unsafe { close(self.instance.as_ptr()) }
        Ok(())
    }

    /// Writes the coverage counted so far to `path` and reads it back.
    pub fn coverage(&self, path: &Path) -> Result<Coverage, VerilatorError> {
        Coverage::parse(&self.coverage_text(path)?)
    }

    /// The coverage file's text.
    pub(super) fn coverage_text(&self, path: &Path) -> Result<String, VerilatorError> {
        let write = self.find::<OnPath<()>>(c"vs_coverage", "coverage")?;
        self.activate();
        let name = c_path(path)?;
        // SAFETY: the type is `vs_coverage`'s; both pointers live through the call.
        unsafe { write(self.instance.as_ptr(), name.as_ptr()) }
        fs::read_to_string(path).map_err(|e| file_error("read", path, e))
    }

    /// Adds the counts of another instance to this one's, if both are of one compiled model.
    pub(super) fn add_coverage(&mut self, run: &Model) {
        let add =
            self.find::<unsafe extern "C" fn(*mut c_void, *const c_void)>(c"vs_coverage_add", "coverage");
        let Some(add) = add.ok().filter(|_| self.is_of(&run.compiled)) else { return };
        // SAFETY: the type is `vs_coverage_add`'s; instances of one library have the same counters, and both live through the call.
        unsafe { add(self.instance.as_ptr(), run.instance.as_ptr()) }
    }

    /// Whether this is an instance of that model.
    pub(super) fn is_of(&self, compiled: &Compiled) -> bool {
        self.compiled.path == compiled.path
    }

    /// Bytes of one step of [`Model::replay`]: all inputs in the order declared, each in its port's storage size.
    pub fn replay_step(&self) -> usize {
        self.inputs().map(Port::bytes).sum()
    }

    /// Runs the recorded steps in a bare C++ loop: for each, set every input, evaluate.
    pub fn replay(&mut self, stimulus: &[u8]) -> Result<(), VerilatorError> {
        let run = self.find::<unsafe extern "C" fn(*mut c_void, *const u8, u64)>(c"vs_replay", "replay")?;
        let step = self.replay_step();
        if step == 0 || !stimulus.len().is_multiple_of(step) {
            return Err(VerilatorError::Stimulus {
                top: self.compiled.build.top.clone(),
                bytes: stimulus.len(),
                step,
            });
        }
        self.activate();
        // SAFETY: the type is `vs_replay`'s, and the stimulus holds exactly that many steps.
        unsafe { run(self.instance.as_ptr(), stimulus.as_ptr(), (stimulus.len() / step) as u64) }
        Ok(())
    }

    fn inputs(&self) -> impl Iterator<Item = &Port> {
        self.compiled.build.ports.iter().filter(|port| port.direction == Direction::Input)
    }

    /// The library keeps a pointer per thread to the instance it works for: it must never be another, dropped one.
    #[inline(always)]
    fn activate(&self) {
        if ACTIVE.get() != self.number {
            ACTIVE.set(self.number);
            // SAFETY: the instance is alive.
            unsafe { (self.functions.activate)(self.instance.as_ptr()) }
        }
    }

    #[inline(always)]
    fn own(&self, instance: u64) {
        if instance != self.number {
            foreign_handle();
        }
    }

    fn narrow<T: Word>(&self, direction: Direction, name: &str) -> Result<(NonNull<T>, u32), VerilatorError> {
        let (storage, port) = self.find_port(direction, name)?;
        match port.type_name() == T::NAME {
            true => Ok((storage.cast(), port.width)),
            false => Err(self.wrong_width(port, T::NAME)),
        }
    }

    fn wide(&self, direction: Direction, name: &str) -> Result<(NonNull<[u32]>, u32), VerilatorError> {
        let (storage, port) = self.find_port(direction, name)?;
        match port.is_wide() {
            true => Ok((NonNull::slice_from_raw_parts(storage.cast(), port.bytes() / 4), port.width)),
            false => Err(self.wrong_width(port, "a wide port")),
        }
    }

    fn find_port(
        &self,
        direction: Direction,
        name: &str,
    ) -> Result<(NonNull<c_void>, &Port), VerilatorError> {
        let wanted = |port: &Port| port.direction == direction && port.name == name;
        let missing = || self.no_port(direction, name);
        let index = self.compiled.build.ports.iter().position(wanted).ok_or_else(missing)?;
        // SAFETY: the type is `vs_port`'s, and the index is one of the ports the shim was made for.
        let storage = unsafe { (self.functions.port)(self.instance.as_ptr(), index as c_int) };
        Ok((NonNull::new(storage).ok_or_else(missing)?, &self.compiled.build.ports[index]))
    }

    fn no_port(&self, direction: Direction, port: &str) -> VerilatorError {
        let same = self.compiled.build.ports.iter().filter(|port| port.direction == direction);
        let known: Vec<&str> = same.map(|port| port.name.as_str()).collect();
        VerilatorError::NoPort {
            top: self.compiled.build.top.clone(),
            direction: direction.name(),
            port: port.into(),
            known: known.join(", "),
        }
    }

    fn wrong_width(&self, port: &Port, asked: &'static str) -> VerilatorError {
        VerilatorError::HandleWidth {
            top: self.compiled.build.top.clone(),
            port: port.name.clone(),
            width: port.width,
            fits: port.type_name(),
            asked,
        }
    }

    fn not_built(&self, what: &'static str) -> VerilatorError {
        VerilatorError::NotBuilt { top: self.compiled.build.top.clone(), what }
    }

    /// A rarely used function of the library; absent means that the model was built without it.
    fn find<F: Copy>(&self, name: &std::ffi::CStr, what: &'static str) -> Result<F, VerilatorError> {
        // SAFETY: every caller names the type that the shim's text gives this function.
        let found = unsafe { self.library.get::<F>(name.to_bytes_with_nul()) };
        found.map(|function| *function).map_err(|_| self.not_built(what))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // A waves file that cannot be completed is lost either way.
        let _ = self.close_waves();
        if let Some(collector) = &self.compiled.build.collector {
            collector.add(self);
        }
        self.activate();
        if let Ok(free) = self.find::<unsafe extern "C" fn(*mut c_void)>(c"vs_free", "an end") {
            // SAFETY: the instance is freed once, here, and no handle is accepted without the model.
            unsafe { free(self.instance.as_ptr()) }
        }
    }
}

#[cold]
#[inline(never)]
#[allow(clippy::panic, reason = "a mixed-up handle is a bug in the caller, as an index out of bounds is")]
fn foreign_handle() -> ! {
    panic!("a port handle was used with a model that did not make it")
}

type Create = unsafe extern "C" fn(c_int, c_int, c_int) -> *mut c_void;

fn find_all(library: &Library) -> Result<(Functions, Create), libloading::Error> {
    // SAFETY: the names and types are those of the shim's text, which is part of the library's cache key.
    unsafe {
        let functions = Functions {
            eval: *library.get(b"vs_eval\0")?,
            activate: *library.get(b"vs_activate\0")?,
            port: *library.get(b"vs_port\0")?,
        };
        Ok((functions, *library.get(b"vs_new\0")?))
    }
}

fn c_path(path: &Path) -> Result<CString, VerilatorError> {
    let invalid = |_| file_error("name", path, std::io::ErrorKind::InvalidInput.into());
    CString::new(path.as_os_str().as_bytes()).map_err(invalid)
}

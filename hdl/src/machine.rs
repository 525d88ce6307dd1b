//! The machine: core and host behind the pins of a flash and a UART. Presets by configuration.

use crate::core::Core;
use crate::core_config::CoreConfig;
use crate::emit::{self, EmitError};
use crate::flash::FlashTiming;
use crate::header::Limits;
use crate::host::{Host, HostLimits};
use crate::memory::RamStyle;
use crate::netlist::Module;
use crate::num::S;
use crate::pads::{ClockPad, PadKind};
use rust_hdl::prelude::*;
use statestream_image::config::{Config, FlashBus, Memory};

/// Name of the top module.
pub const TOP: &str = "statestream";

/// What boards put into a top of their own: a flash (`N` bits from it in a clock, `M` to it), one UART, one clock.
#[derive(LogicBlock, Default)]
pub struct Machine<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    // the flash
    /// Clock pin: rises in the middle of `clock`'s period and falls at its end. Double transfer rate: `DtrPads.en`.
    pub sck: Signal<Out, Bit>,
    /// Select pin, active low.
    pub cs_n: Signal<Out, Bit>,
    /// Data pins, to the flash; two chips are given the same. Double transfer rate: `DtrPads.o`.
    pub io_o: Signal<Out, Bits<M>>,
    /// Which data pins are driven.
    pub io_oe: Signal<Out, Bits<4>>,
    /// Data pins, from the flash; of two chips the first in the high half. Double transfer rate: `DtrPads.i`.
    pub io_i: Signal<In, Bits<N>>,
    // the UART
    /// From the host.
    pub rx: Signal<In, Bit>,
    /// To the host.
    pub tx: Signal<Out, Bit>,
    // the board
    /// Throttle: no nibble is taken while it is set. Boards tie it to 0.
    pub pause: Signal<In, Bit>,
    /// A request is being worked on.
    pub busy: Signal<Out, Bit>,
    /// There was no image, or the state is invalid.
    pub fault: Signal<Out, Bit>,
    // the trace port, in the manner of RISC-V's RVFI; boards leave it open and it costs nothing there
    /// A reported word (FORMAT.md section 4).
    pub trace_valid: Signal<Out, Bit>,
    /// Section of its row, from 0.
    pub trace_section: Signal<Out, Bits<16>>,
    /// Row in the section, from 0.
    pub trace_row: Signal<Out, Bits<16>>,
    /// Token of the pass, from 0: the word's, or the one that joins.
    pub trace_token: Signal<Out, Bits<4>>,
    /// The word.
    pub trace_word: Signal<Out, S<16>>,
    /// A token joins the pass in this clock; number 0 begins a pass.
    pub trace_pass: Signal<Out, Bit>,
    /// The token.
    pub trace_input: Signal<Out, Bits<16>>,
    /// It gets logits.
    pub trace_head: Signal<Out, Bit>,
    /// It is a guess.
    pub trace_guess: Signal<Out, Bit>,
    /// A request is over in this clock, without an error.
    pub trace_done: Signal<Out, Bit>,
    /// Tokens kept of the pass, minus one, valid with `trace_done`.
    pub trace_kept: Signal<Out, Bits<4>>,
    /// The next token, valid with `trace_done` after a pass that reached the head.
    pub trace_next: Signal<Out, Bits<16>>,
    core: Core<H, V, A, N, M>,
    host: Host,
    pad: ClockPad,
}

impl<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> Machine<H, V, A, N, M> {
    /// A machine of this configuration.
    pub fn new(core: &CoreConfig, host: HostLimits, pads: PadKind) -> Self {
        Self { core: Core::new(core), host: Host::new(host), pad: ClockPad::new(pads), ..Default::default() }
    }
}

impl<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> Logic
    for Machine<H, V, A, N, M>
{
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, core, host, pad);
        self.pad.en.next = self.core.sck_en.val();
        self.sck.next = self.pad.pin.val();
        self.cs_n.next = self.core.cs_n.val();
        self.io_o.next = self.core.io_o.val();
        self.io_oe.next = self.core.io_oe.val();
        self.core.io_i.next = self.io_i.val();
        self.host.rx.next = self.rx.val();
        self.tx.next = self.host.tx.val();
        self.core.pause.next = self.pause.val();
        self.busy.next = self.core.busy.val();
        self.fault.next = !self.core.state_valid.val();

        self.core.push.next = self.host.push.val();
        self.core.start.next = self.host.start.val();
        self.core.room.next = self.host.room.val();
        self.core.set_group.next = self.host.set_group.val();
        self.core.group.next = self.host.group.val();
        self.host.full.next = self.core.full.val();
        self.host.last_token.next = self.core.last_token.val();
        self.host.extra.next = self.core.extra.val();
        self.host.guess.next = self.core.guess.val();
        self.core.taken.next = self.host.taken.val();
        self.core.request.next = self.host.request.val();
        self.core.arg.next = self.host.arg.val();
        self.core.want_head.next = self.host.want_head.val();
        self.core.stream_logits.next = self.host.stream_logits.val();
        self.host.busy.next = self.core.busy.val();
        self.host.code.next = self.core.code.val();
        self.host.error_address.next = self.core.error_address.val();
        self.host.token.next = self.core.token.val();
        self.host.token_valid.next = self.core.token_valid.val();
        self.host.state_valid.next = self.core.state_valid.val();
        self.core.temperature.next = self.host.temperature.val();
        self.core.seed.next = self.host.seed.val();
        self.core.set_sampling.next = self.host.set_sampling.val();
        self.core.commit.next = self.host.commit.val();
        self.core.invalidate.next = self.host.invalidate.val();
        self.core.clear_counters.next = self.host.clear_counters.val();
        self.core.state_addr.next = self.host.state_addr.val();
        self.core.state_we.next = self.host.state_we.val();
        self.core.state_wdata.next = self.host.state_wdata.val();
        self.host.state_rdata.next = self.core.state_rdata.val();
        self.host.logit.next = self.core.logit.val();
        self.host.logit_valid.next = self.core.logit_valid.val();
        self.core.logit_ready.next = self.host.logit_ready.val();
        self.core.counter.next = self.host.counter.val();
        self.host.counter_value.next = self.core.counter_value.val();
        self.host.ready.next = self.core.ready.val();
        self.host.boot_code.next = self.core.boot_code.val();
        self.core.header_field.next = self.host.header_field.val();
        self.host.header_value.next = self.core.header_value.val();
        self.host.many_tokens.next = self.core.many_tokens.val();
        self.host.state_words.next = self.core.state_words.val();

        self.trace_valid.next = self.core.trace_valid.val();
        self.trace_section.next = self.core.trace_section.val();
        self.trace_row.next = self.core.trace_row.val();
        self.trace_token.next = self.core.trace_token.val();
        self.trace_word.next = self.core.trace_word.val();
        self.trace_pass.next = self.core.trace_pass.val();
        self.trace_input.next = self.core.trace_input.val();
        self.trace_head.next = self.core.trace_head.val();
        self.trace_guess.next = self.core.trace_guess.val();
        self.trace_kept.next = self.core.trace_kept.val();
        self.trace_done.next = self.core.done.val() & !self.core.code.val().any();
        self.trace_next.next = self.core.token.val();
    }
}

/// The Verilog of a whole machine, in one text.
pub fn verilog(config: &Config) -> Result<String, EmitError> {
    verilog_with(config, PadKind::Sim)
}

/// The same with other pads: with [`PadKind::Bare`], `sck` is the clock's enable.
pub fn verilog_with(config: &Config, pads: PadKind) -> Result<String, EmitError> {
    let texts: Vec<String> = modules(config, pads)?.iter().map(Module::print).collect();
    Ok(format!("{}{}", banner(config), texts.join("\n")))
}

/// The same with a file for each module: file names and texts, the top module first.
pub fn files(config: &Config) -> Result<Vec<(String, String)>, EmitError> {
    let file = |module: &Module| (format!("{}.v", module.name), banner(config) + &module.print());
    Ok(modules(config, PadKind::Sim)?.iter().map(file).collect())
}

/// What every file says first.
fn banner(config: &Config) -> String {
    format!(
        "// Configuration {}. Written by `statestream verilog`: edit its sources in hdl/src instead.\n\n",
        config.name
    )
}

fn modules(config: &Config, pads: PadKind) -> Result<Vec<Module>, EmitError> {
    check(config)?;
    let depths = [config.h_words, config.vector_words, config.state_words];
    match depths {
        [32, 128, 512] => wired::<5, 7, 9>(config, pads),
        [512, 1024, 16384] => wired::<9, 10, 14>(config, pads),
        [256, 512, 8192] => wired::<8, 9, 13>(config, pads),
        [512, 1024, 8192] => wired::<9, 10, 13>(config, pads),
        [2048, 8192, 32768] => wired::<11, 13, 15>(config, pads),
        [h, vector, state] => {
            Err(unbuildable(config, "memory depth", format!("{h}/{vector}/{state}"), DEPTHS))
        }
    }
}

const DEPTHS: &str =
    "h, vector and state memories of 32/128/512, 256/512/8192, 512/1024/8192, 512/1024/16384 or 2048/8192/32768 words";

/// What the hardware's fixed widths can hold.
fn check(config: &Config) -> Result<(), EmitError> {
    let rules = [
        ("tokens", config.tokens as u64, 1..=16, "1, 2, 4, 8 or 16 tokens per pass"),
        ("param_words", config.param_words as u64, 1..=128, "two banks of at most 128 parameter words"),
        ("uart_divisor", config.uart_divisor.into(), 2..=65535, "a UART of 2 to 65535 clocks a bit"),
        ("clock_hz", config.clock_hz, 1..=2_000_000_000, "for clocks up to 2 GHz"),
        ("flash_base", config.flash_base.into(), 0..=0xFF_FFFF, "for 24-bit flash addresses"),
    ];
    if config.flash == FlashBus::Dual && config.flash_base % 2 == 1 {
        let value = config.flash_base.to_string();
        return Err(unbuildable(config, "flash_base", value, "two chips with half of an even address each"));
    }
    if !config.tokens.is_power_of_two() {
        let value = config.tokens.to_string();
        return Err(unbuildable(config, "tokens", value, "1, 2, 4, 8 or 16 tokens per pass"));
    }
    match rules.into_iter().find(|(_, value, range, _)| !range.contains(value)) {
        Some((what, value, _, rule)) => Err(unbuildable(config, what, value.to_string(), rule)),
        None => Ok(()),
    }
}

fn unbuildable(config: &Config, what: &'static str, value: String, rule: &str) -> EmitError {
    EmitError::Unbuildable { config: config.name.clone(), what, value, rule: rule.into() }
}

fn wired<const H: usize, const V: usize, const A: usize>(
    config: &Config,
    pads: PadKind,
) -> Result<Vec<Module>, EmitError> {
    match config.flash {
        FlashBus::Quad => preset::<H, V, A, 4, 4>(config, pads),
        FlashBus::Dual => preset::<H, V, A, 8, 4>(config, pads),
        // its pads stand outside in any case
        FlashBus::Dtr => preset::<H, V, A, 8, 8>(config, PadKind::Bare),
    }
}

fn preset<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize>(
    config: &Config,
    pads: PadKind,
) -> Result<Vec<Module>, EmitError> {
    emit::modules(&mut Machine::<H, V, A, N, M>::new(&core(config), host(config), pads), TOP)
}

/// What the host is told, and the UART's speed.
fn host(config: &Config) -> HostLimits {
    HostLimits {
        tokens: config.tokens as u16,
        d: config.h_words as u16,
        vector: config.vector_words as u16,
        state: config.state_words as u32,
        params: config.param_words as u16,
        image_base: config.flash_base,
        uart_divisor: config.uart_divisor as u16,
    }
}

fn core(config: &Config) -> CoreConfig {
    let (state_style, style) = match config.memory {
        Memory::Spram => (RamStyle::Huge, RamStyle::Block),
        Memory::Block => (RamStyle::Block, RamStyle::Block),
        Memory::Plain => (RamStyle::Plain, RamStyle::Plain),
    };
    let limits = Limits {
        h: config.h_words as u32,
        vector: config.vector_words as u32,
        state: config.state_words as u32,
        params: config.param_words as u32,
    };
    CoreConfig {
        limits,
        tokens: config.tokens,
        flash_base: config.flash_base,
        bus: config.flash,
        timing: timing(config),
        ternary: config.ternary,
        pipeline: config.pipeline,
        state_style,
        style,
    }
}

/// The waits of a W25Q-class flash: 3 us after release from power-down, 30 us after a reset, 50 ns between transactions; each
/// one clock more than the data sheet's, and another where the reader selects the chip a clock before its first edge.
pub fn timing(config: &Config) -> FlashTiming {
    let early = u16::from(config.flash == FlashBus::Dtr);
    let clocks = |ns: u64| (ns * config.clock_hz).div_ceil(1_000_000_000) as u16 + 1 + early;
    FlashTiming { wake: clocks(3_000), reset: clocks(30_000), cs_high: clocks(50) }
}

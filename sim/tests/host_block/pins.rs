//! The host block's emitted Verilog in Verilator, its ports as plain values.

use std::sync::OnceLock;

use statestream_hdl::emit::verilog;
use statestream_hdl::host::{Host, HostLimits};
use statestream_sim::rtl::ports;
use statestream_sim::verilator::{Build, Compiled, In, Model, Out};

/// Values and handles of the ports; a type is the smallest that holds its port.
macro_rules! pins {
    (inputs { $($input:ident: $of_input:ty),* $(,)? } outputs { $($output:ident: $of_output:ty),* $(,)? }) => {
        #[derive(Default)]
        pub struct Inputs {
            $(pub $input: $of_input,)*
        }

        #[derive(Default)]
        pub struct Outputs {
            $(pub $output: $of_output,)*
        }

        struct Handles {
            clock: In<u8>,
            $($input: In<$of_input>,)*
            $($output: Out<$of_output>,)*
        }

        impl Handles {
            fn of(model: &Model) -> Self {
                Self {
                    clock: model.input("clock").expect("a port"),
                    $($input: model.input(stringify!($input)).expect("a port"),)*
                    $($output: model.output(stringify!($output)).expect("a port"),)*
                }
            }

            fn set(&self, model: &mut Model, inputs: &Inputs) {
                $(model.set(self.$input, inputs.$input);)*
            }

            fn get(&self, model: &Model) -> Outputs {
                Outputs { $($output: model.get(self.$output),)* }
            }
        }
    };
}

pins! {
    inputs {
        rx: u8, busy: u8, code: u8, error_address: u32, token: u16, token_valid: u8, state_valid: u8, state_rdata: u16,
        logit: u16, logit_valid: u8, counter_value: u16, ready: u8, boot_code: u8, header_value: u16, many_tokens: u8,
        state_words: u32, full: u8, last_token: u8, extra: u8, guess: u16,
    }
    outputs {
        tx: u8, start: u8, request: u8, arg: u16, want_head: u8, stream_logits: u8, temperature: u16, seed: u32,
        set_sampling: u8, commit: u8, invalidate: u8, clear_counters: u8, state_addr: u32, state_we: u8, state_wdata: u16,
        logit_ready: u8, counter: u8, header_field: u8, push: u8, room: u8, taken: u8, set_group: u8, group: u8,
    }
}

pub const LIMITS: HostLimits = HostLimits {
    tokens: 8,
    d: 128,
    vector: 2048,
    state: 0x1_2000,
    params: 44,
    image_base: 0x0010_0000,
    uart_divisor: 4,
};

/// The block, clock by clock.
pub struct Pins {
    model: Model,
    handles: Handles,
}

impl Pins {
    /// The block as it is after power-up.
    pub fn new(uart_divisor: u16) -> Self {
        static USUAL: OnceLock<Compiled> = OnceLock::new();
        let compiled = match uart_divisor == LIMITS.uart_divisor {
            true => USUAL.get_or_init(|| compiled(uart_divisor)).clone(),
            false => compiled(uart_divisor),
        };
        let model = compiled.load(1).expect("an instance");
        Self { handles: Handles::of(&model), model }
    }

    /// What comes out in this clock.
    pub fn settle(&mut self, inputs: &Inputs) -> Outputs {
        self.handles.set(&mut self.model, inputs);
        self.model.set(self.handles.clock, 0);
        self.model.eval();
        self.handles.get(&self.model)
    }

    /// The clock's end.
    pub fn edge(&mut self) {
        self.model.set(self.handles.clock, 1);
        self.model.eval();
    }
}

fn compiled(uart_divisor: u16) -> Compiled {
    let text = verilog(&mut Host::new(HostLimits { uart_divisor, ..LIMITS }), "host").expect("it is emitted");
    let build = Build::new("host").ports(ports(&text, "host")).verilog("host.v", text);
    build.compiled().unwrap_or_else(|e| panic!("{e}"))
}

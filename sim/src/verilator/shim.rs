//! The C++ text between the model and Rust: a handful of `vs_*` functions with C names.
//!
//! Ports are handed out once, as pointers to their storage; `static_assert` on its size makes the C++ compiler
//! check the widths that the typed handles rely on.

use std::fmt::Write;

use super::{Direction, Port, Trace};

/// The shim's text for a model with these ports.
pub(super) fn shim(ports: &[Port], trace: Trace) -> String {
    let (include, dumper) = match trace {
        Trace::None => ("", None),
        Trace::Vcd => ("#include \"verilated_vcd_c.h\"\n", Some("VerilatedVcdC")),
        Trace::Fst => ("#include \"verilated_fst_c.h\"\n", Some("VerilatedFstC")),
        Trace::Saif => ("#include \"verilated_saif_c.h\"\n", Some("VerilatedSaifC")),
    };
    let waves = dumper.map_or_else(String::new, waves);
    format!(
        "{include}{HEAD}#pragma GCC visibility push(default)\nextern \"C\" {{\n{LIFE}{waves}{}{}}}\n#pragma GCC visibility pop\n",
        port_table(ports),
        replay(ports)
    )
}

/// What a model with coverage includes first. A point's name is half a dozen strings, and the names of a machine's 35,000 points took longer than most
/// runs; all instances have the same points in the same order, so it is enough to list the counters of those that are not asked for names.
pub(super) const POINTS: &str = r#"#include "verilated.h"
#include "verilated_cov.h"
#include <cstdint>
#include <unordered_set>
#include <vector>

struct Points {
    std::vector<uint32_t*>* counters;
    bool named;
};
// Of the instance that this thread is making.
static thread_local Points vs_points;

#undef VL_COVER_INSERT
#define VL_COVER_INSERT(covcontextp, name, countp, ...) \
    do { \
        vs_points.counters->push_back(countp); \
        if (!vs_points.named) break; \
        auto const ccontextp = covcontextp; \
        ccontextp->_inserti(countp); \
        ccontextp->_insertf(__FILE__, __LINE__); \
        ccontextp->_insertp("hier", name, __VA_ARGS__); \
    } while (false)
"#;

/// The instance: a context of its own, so two models never share time, seed or coverage.
const HEAD: &str = r#"#include "Vdut.h"
#include "verilated.h"
#include "verilated_cov.h"
#include <cstdint>
#include <cstring>
#include <memory>

struct Instance {
#if VM_COVERAGE
    std::vector<uint32_t*> counters;
#endif
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Vdut> top;
    void* waves = nullptr;
};

"#;

/// Context, reset kind and seed come before the model: its constructor draws the initial state.
const LIFE: &str = r#"Instance* vs_new(int seed, int waves, int named) {
    auto* self = new Instance;
#if VM_COVERAGE
    vs_points = {&self->counters, named != 0};
#endif
    self->context->fatalOnError(false);
    self->context->randReset(2);
    self->context->randSeed(seed);
    self->context->traceEverOn(waves);
    Verilated::threadContextp(self->context.get());
    self->top.reset(new Vdut{self->context.get(), "top"});
    return self;
}
void vs_free(Instance* self) {
    Verilated::threadContextp(self->context.get());
    self->top->final();
    self->top.reset();
    delete self;
}
void vs_activate(Instance* self) { Verilated::threadContextp(self->context.get()); }
void vs_eval(Instance* self) { self->top->eval(); }
void vs_time(Instance* self, uint64_t time) { self->context->time(time); }
int vs_status(Instance* self) {
    return (self->context->gotError() ? 1 : 0) | (self->context->gotFinish() ? 2 : 0);
}
#if VM_COVERAGE
void vs_coverage(Instance* self, const char* path) { self->context->coveragep()->write(path); }
void vs_coverage_add(Instance* self, const Instance* run) {
    // Wires that are always equal have one counter under several names.
    std::unordered_set<const uint32_t*> seen;
    for (size_t i = 0; i < self->counters.size(); ++i) {
        if (!seen.insert(run->counters[i]).second) continue;
        uint32_t& sum = *self->counters[i];
        const uint32_t count = *run->counters[i];
        sum = count > UINT32_MAX - sum ? UINT32_MAX : sum + count;
    }
}
#endif
"#;

/// Opening, writing and closing waves; present only in a model built with them.
fn waves(dumper: &str) -> String {
    format!(
        r#"int vs_waves_open(Instance* self, const char* path) {{
    auto* waves = new {dumper};
    self->top->trace(waves, 99);
    waves->open(path);
    if (!waves->isOpen()) {{ delete waves; return 0; }}
    self->waves = waves;
    return 1;
}}
void vs_waves_dump(Instance* self, uint64_t time) {{ static_cast<{dumper}*>(self->waves)->dump(time); }}
void vs_waves_close(Instance* self) {{
    static_cast<{dumper}*>(self->waves)->close();
    delete static_cast<{dumper}*>(self->waves);
    self->waves = nullptr;
}}
"#
    )
}

/// `vs_port(i)`: where port i is stored.
fn port_table(ports: &[Port]) -> String {
    let mut text = String::from("void* vs_port(Instance* self, int index) {\n    switch (index) {\n");
    for (index, port) in ports.iter().enumerate() {
        let (member, bytes) = (port.member(), port.bytes());
        let _ = writeln!(
            text,
            "    case {index}: static_assert(sizeof(self->top->{member}) == {bytes}, \"width of {member}\"); return &self->top->{member};"
        );
    }
    text + "    }\n    return nullptr;\n}\n"
}

/// `vs_replay`: the bare C++ loop over recorded inputs, the yardstick for the loop in Rust.
fn replay(ports: &[Port]) -> String {
    let mut text = String::from(
        "void vs_replay(Instance* self, const unsigned char* stimulus, uint64_t steps) {\n    \
         Vdut* const top = self->top.get();\n    while (steps--) {\n",
    );
    for port in ports.iter().filter(|port| port.direction == Direction::Input) {
        let (member, bytes) = (port.member(), port.bytes());
        let _ =
            writeln!(text, "        std::memcpy(&top->{member}, stimulus, {bytes}); stimulus += {bytes};");
    }
    text + "        top->eval();\n    }\n}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_asserted_and_only_inputs_are_replayed() {
        let text = shim(&[Port::input("clock", 1), Port::output("word", 16)], Trace::None);
        assert!(text.contains("static_assert(sizeof(self->top->word) == 2"), "{text}");
        assert!(text.contains("memcpy(&top->clock, stimulus, 1)") && !text.contains("memcpy(&top->word"));
        assert!(!text.contains("vs_waves_open"));
    }

    #[test]
    fn waves_appear_with_their_own_dumper() {
        assert!(shim(&[], Trace::Fst).contains("new VerilatedFstC"));
        assert!(shim(&[], Trace::Saif).contains("new VerilatedSaifC"));
        assert!(shim(&[], Trace::Vcd).contains("new VerilatedVcdC"));
    }
}

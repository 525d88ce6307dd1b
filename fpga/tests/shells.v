// The bench of both shells: a core that asks for flash clocks at random, and a judge of every edge.
`timescale 1ns / 1ps
`ifdef ECP5
`define HALF 8.332
`else
`define HALF 20.832
`endif
module statestream (
    input wire clock, output reg sck, output reg cs_n, output reg [3:0] io_o, output reg [3:0] io_oe, input wire [3:0] io_i,
    input wire rx, output reg tx, input wire pause, output reg busy, output reg fault
);
    initial {sck, cs_n, io_o, io_oe, tx, busy, fault} = 0;
    // Registers change a little after their clock, in a netlist as in a part.
    always @(posedge clock) sck <= #1 $urandom;
endmodule
module bench;
    wire sck;
    wire [3:0] io;
    reg oscillator = 0;
    always #20 oscillator = ~oscillator;
    shell shell (
`ifdef ECP5
        .clk_25(oscillator),
`else
        .clk_12(oscillator),
        .flash_sck(sck),
`endif
        .flash_io(io),
        .rx(1'b1)
    );
    wire clock = shell.clock;
    wire enable = shell.sck_en;

    integer pulses = 0;
    integer clocks = 0;
    integer asked = 0;
    real rose = 0;
    real began = 0;
    task wrong(input [8*60-1:0] what);
        begin
            $display("WRONG at %0t: %0s", $realtime, what);
            $finish;
        end
    endtask
    function near(input real a, input real b);
        near = a - b < 1.5 && b - a < 1.5;
    endfunction

    always @(posedge clock) begin
        if (!shell.locked) wrong("the clock moves before the PLL has locked");
        if (clocks > 0 && !near($realtime - began, 2 * `HALF)) wrong("a clock is not as long as the others");
        clocks = clocks + 1;
        began = $realtime;
    end
    // The enable of a clock, seen before its middle.
    always @(negedge clock) if (clocks > 0) asked = asked + enable;
    always @(posedge sck) begin
        if (!enable) wrong("the flash gets a clock that nobody asked for");
        if (!near($realtime - began, `HALF)) wrong("the flash's clock rises outside the middle");
        pulses = pulses + 1;
        rose = $realtime;
    end
    always @(negedge sck) if (clocks > 0 && !near($realtime - rose, `HALF)) wrong("the flash's clock is cut short");
    always @(sck) if (clocks > 0 && sck === 1'bx) wrong("the flash's clock is unknown");
    always @(clocks) if (clocks == 2000) begin
        // The last clock asked for may still be on its way.
        if (pulses > asked || pulses < asked - 1 || pulses < 800) wrong("clocks were lost");
        $display("GOOD: %0d clocks, %0d of the flash", clocks, pulses);
        $finish;
    end
    initial #10_000_000 wrong("the clock never starts");
endmodule

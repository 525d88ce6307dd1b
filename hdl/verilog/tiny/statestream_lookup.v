// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_lookup (
    input wire [12:0] case_code,
    output reg [7:0] entry,
    output reg known
);

    always @(*) begin
        entry = 8'd0;
        known = 1'b0;
        case (case_code)
            13'd512: begin entry = 8'd0; known = 1'b1; end
            13'd640: begin entry = 8'd7; known = 1'b1; end
            13'd768: begin entry = 8'd16; known = 1'b1; end
            13'd896: begin entry = 8'd19; known = 1'b1; end
            13'd1024: begin entry = 8'd22; known = 1'b1; end
            13'd1028: begin entry = 8'd26; known = 1'b1; end
            13'd1030: begin entry = 8'd33; known = 1'b1; end
            13'd1537: begin entry = 8'd47; known = 1'b1; end
            13'd1539: begin entry = 8'd72; known = 1'b1; end
            13'd2048: begin entry = 8'd104; known = 1'b1; end
            13'd2112: begin entry = 8'd113; known = 1'b1; end
            13'd2569: begin entry = 8'd122; known = 1'b1; end
            13'd2576: begin entry = 8'd136; known = 1'b1; end
            13'd2608: begin entry = 8'd147; known = 1'b1; end
            13'd3072: begin entry = 8'd159; known = 1'b1; end
            13'd3584: begin entry = 8'd165; known = 1'b1; end
            default: ;
        endcase
    end
endmodule

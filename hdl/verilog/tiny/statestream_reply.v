// Configuration tiny. Written by `statestream verilog`: edit its sources in hdl/src instead.

module statestream_reply (
    input wire [7:0] status,
    input wire [7:0] command,
    input wire [15:0] count,
    output reg [5:0] first,
    output reg [15:0] size
);
    wire [15:0] words;

    always @(*) begin
        first = 19;
        size = 4;
        if (~|status[7:4]) begin
            first = 24;
            size = 0;
        end
        if (status == 4) begin
            first = 18;
            size = 6;
        end
        if (~|status) begin
            case (command)
                1: begin
                    first = 0;
                    size = 36;
                end
                3: begin
                    first = 21;
                    size = 2;
                end
                4: begin
                    first = 21;
                    size = 2;
                end
                6: begin
                    size = words;
                    if (|count) begin
                        first = 23;
                    end
                end
                10: begin
                    first = 32;
                    size = 52;
                end
                default: begin
                end
            endcase
        end
        if (status == 225) begin
            first = 21;
            size = 2;
        end
        if (status == 226) begin
            first = 22;
            size = words;
        end
    end

    assign words = count << 1;
endmodule

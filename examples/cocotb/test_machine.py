"""A machine behind its pins: a flash with an image on one side, a host's UART on the other.

The host feeds a prompt, has the machine write, and compares every token with the golden model's.
Start it with run.py, which says what is expected in the environment.
"""

from __future__ import annotations

import os
from binascii import crc_hqx
from pathlib import Path
from typing import NamedTuple

import cocotb
from cocotb.clock import Clock
from cocotb.handle import SimHandleBase
from cocotb.triggers import FallingEdge, RisingEdge, Timer
from cocotb.utils import get_sim_time

WAKE_NS, RESET_NS, DESELECT_NS = 3_000, 30_000, 50
RELEASE, END_CONTINUOUS, ENABLE_RESET, RESET, READ = 0xAB, 0xFF, 0x66, 0x99, 0xEB
OPCODES = (RELEASE, END_CONTINUOUS, ENABLE_RESET, RESET, READ)
INFO, FEED, GENERATE = 0x01, 0x03, 0x04
OK, NOT_READY, TOKEN_EVENT, FIRST_EVENT = 0x00, 0x04, 0xE1, 0xE0


class Flash:
    """A quad SPI flash of the W25Q class, found in deep power-down.

    A breach of its rules fails the test.
    """

    def __init__(self, dut: SimHandleBase, image: bytes, base: int) -> None:
        self.dut, self.image, self.base = dut, image, base
        self.awake = self.continuous = self.reset_enabled = False
        self.command: int | None = None
        self.ready_at = 0.0
        self.opcodes: list[int] = []
        self.nibbles = 0

    async def run(self) -> None:
        """Serves one transaction after the other, for ever."""
        deselected_at = -DESELECT_NS
        while True:
            await FallingEdge(self.dut.cs_n)
            high = get_sim_time("ns") - deselected_at
            assert high >= DESELECT_NS, f"CS# was high for {high} ns only"
            transaction = cocotb.start_soon(self._transaction())
            await RisingEdge(self.dut.cs_n)
            transaction.cancel()
            self._execute()
            deselected_at = get_sim_time("ns")

    async def _transaction(self) -> None:
        if not self.continuous:
            opcode = await self._sample(8, lines=1)
            self._accept(opcode)
            if opcode != READ:
                self.command = opcode
                await RisingEdge(self.dut.sck)
                raise AssertionError(f"opcode {opcode:02x} is clocked beyond its 8 clocks")
        address = await self._sample(6, lines=4)
        mode = await self._sample(2, lines=4)
        self.continuous = mode >> 4 & 3 == 2
        for _ in range(4):
            await RisingEdge(self.dut.sck)
        await self._send(address)

    async def _sample(self, clocks: int, lines: int) -> int:
        """What the machine sends, high bit first; lines that nobody drives are high."""
        word = 0
        for _ in range(clocks):
            await RisingEdge(self.dut.sck)
            driven = int(self.dut.io_oe.value)
            assert driven & 1, "the flash samples a line that nobody drives"
            level = int(self.dut.io_o.value) | ~driven
            word = word << lines | level & ((1 << lines) - 1)
        return word

    async def _send(self, address: int) -> None:
        """A nibble with every falling edge, high one first, until it is cancelled."""
        while True:
            at = address - self.base
            byte = self.image[at] if 0 <= at < len(self.image) else 0xFF
            for nibble in (byte >> 4, byte & 15):
                await FallingEdge(self.dut.sck)
                assert int(self.dut.io_oe.value) == 0, "both sides drive a line"
                self.dut.io_i.value = nibble
                self.nibbles += 1
            address += 1

    def _accept(self, opcode: int) -> None:
        self.opcodes.append(opcode)
        name = f"opcode {opcode:02x}"
        assert opcode in OPCODES, f"{name} is none that the machine may use"
        if opcode != END_CONTINUOUS:
            assert self.awake or opcode == RELEASE, f"{name} in deep power-down"
            assert get_sim_time("ns") >= self.ready_at, f"{name} before the flash is ready"

    def _execute(self) -> None:
        """CS# rises: a command without data takes effect."""
        command, self.command = self.command, None
        if command == RELEASE and not self.awake:
            self.awake, self.ready_at = True, get_sim_time("ns") + WAKE_NS
        if command == RESET:
            assert self.reset_enabled, "reset without reset enable before it"
            self.ready_at = get_sim_time("ns") + RESET_NS
        self.reset_enabled = command == ENABLE_RESET


class Answer(NamedTuple):
    """The final response to a request, and the events before it."""

    code: int
    payload: bytes
    events: list[tuple[int, bytes]]


class Host:
    """The host's end of the UART (8N1), and the frames of docs/host.md."""

    def __init__(self, dut: SimHandleBase, bit_ps: int) -> None:
        self.dut, self.bit_ps = dut, bit_ps
        dut.rx.value = 1

    async def ask(self, command: int, payload: bytes = b"") -> Answer:
        """Sends a request and waits for its final response."""
        body = bytes([command]) + len(payload).to_bytes(2, "big") + payload
        for byte in b"\xa5" + body + crc_hqx(body, 0xFFFF).to_bytes(2, "big"):
            await self._send(byte)
        events: list[tuple[int, bytes]] = []
        while True:
            code, payload = await self._frame()
            if code < FIRST_EVENT:
                return Answer(code, payload, events)
            events.append((code, payload))

    async def _frame(self) -> tuple[int, bytes]:
        mark = await self._receive()
        assert mark == 0x5A, f"a response begins with {mark:02x}"
        head = [await self._receive() for _ in range(3)]
        payload = [await self._receive() for _ in range(head[1] << 8 | head[2])]
        crc = [await self._receive() for _ in range(2)]
        computed = crc_hqx(bytes(head + payload), 0xFFFF).to_bytes(2, "big")
        assert computed == bytes(crc), "the response's CRC is wrong"
        return head[0], bytes(payload)

    async def _send(self, byte: int) -> None:
        bits = 0x200 | byte << 1
        for at in range(10):
            self.dut.rx.value = bits >> at & 1
            await Timer(self.bit_ps, "ps")

    async def _receive(self) -> int:
        """Waits for a start bit and samples the middle of each bit that follows."""
        await FallingEdge(self.dut.tx)
        await Timer(self.bit_ps // 2, "ps")
        bits = 0
        for at in range(9):
            await Timer(self.bit_ps, "ps")
            bits |= int(self.dut.tx.value) << at
        assert bits & 0x100, "the stop bit is low"
        return bits & 0xFF


def tokens(name: str) -> list[int]:
    """A list of tokens from the environment."""
    return [int(token) for token in os.environ[name].split(",")]


def words(values: list[int]) -> bytes:
    """The same as big-endian words."""
    return b"".join(value.to_bytes(2, "big") for value in values)


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def it_writes_what_the_golden_model_writes(dut: SimHandleBase) -> None:
    """INFO, FEED and GENERATE: the tokens, and the one that would come next."""
    period_ps = 10**12 // int(os.environ["CLOCK_HZ"]) // 2 * 2
    image = Path(os.environ["IMAGE"]).read_bytes()
    prompt, expected, follows = tokens("PROMPT"), tokens("EXPECTED"), tokens("FOLLOWS")
    dut.pause.value, dut.io_i.value = 0, 0xF
    flash = Flash(dut, image, int(os.environ["FLASH_BASE"]))
    host = Host(dut, int(os.environ["DIVISOR"]) * period_ps)
    await Timer(1, "ps")
    cocotb.start_soon(flash.run())
    Clock(dut.clock, period_ps, "ps").start()

    feed = words([0, *prompt])
    assert (await host.ask(FEED, feed)).code == NOT_READY, "fed before it was asked INFO"
    info = await host.ask(INFO)
    assert info.code == OK and info.payload[:2] == words([2]), f"INFO: {info}"
    fed = await host.ask(FEED, feed)
    assert fed == (OK, words(expected[:1]), []), f"FEED: {fed}; golden: {expected[0]}"
    written = await host.ask(GENERATE, words([len(expected)]))
    told = [(TOKEN_EVENT, words([token])) for token in expected]
    golden = (OK, words(follows), told)
    assert written == golden, f"GENERATE: {written}; golden: {golden}"

    clocks = int(get_sim_time("ps")) // period_ps
    opcodes = bytes(flash.opcodes).hex(" ")
    cocotb.log.info(f"{len(expected) + 1} tokens equal the golden model's")
    cocotb.log.info(f"{clocks} clocks, {flash.nibbles} nibbles, opcodes {opcodes}")

//! The other end of a UART, at the design's pins: 8 data bits, no parity, one stop bit, lowest bit first.
//!
//! [`Uart::step`] is called once per clock of the design. An idle line costs two comparisons.

use std::collections::VecDeque;

/// Received bytes are kept up to this number, then dropped and counted.
const KEPT: usize = 1 << 20;
/// Start, eight data bits, stop.
const FRAME_BITS: u32 = 10;

/// A host's UART.
#[derive(Debug, Clone)]
pub struct Uart {
    divisor: u32,
    sending: Sender,
    receiving: Receiver,
}

#[derive(Debug, Clone, Default)]
struct Sender {
    queue: VecDeque<u8>,
    /// The bits still to be sent, the present one lowest.
    bits: u16,
    left: u32,
    clocks: u32,
    pause: u64,
}

#[derive(Debug, Clone, Default)]
struct Receiver {
    queue: VecDeque<u8>,
    bits: u16,
    left: u32,
    clocks: u32,
    framing_errors: u64,
    overruns: u64,
}

impl Uart {
    /// A UART whose bit lasts `divisor` clocks of the design, at least 2.
    pub fn new(divisor: u32) -> Uart {
        Uart { divisor: divisor.max(2), sending: Sender::default(), receiving: Receiver::default() }
    }

    /// Clocks of a bit.
    pub fn divisor(&self) -> u32 {
        self.divisor
    }

    /// One clock of the design: the level of its output in, the level of its input out.
    #[inline]
    pub fn step(&mut self, from_design: bool) -> bool {
        if self.receiving.left != 0 || !from_design {
            self.receiving.step(self.divisor, from_design);
        }
        if self.sending.left == 0 && self.sending.queue.is_empty() {
            return true;
        }
        self.sending.step(self.divisor)
    }

    /// Queues bytes to be sent back to back.
    pub fn send(&mut self, bytes: &[u8]) {
        self.sending.queue.extend(bytes);
    }

    /// Keeps the line idle for this many clocks before the next byte begins.
    pub fn pause(&mut self, clocks: u64) {
        self.sending.pause = clocks;
    }

    /// Holds the line low for this many clocks, in the place of whatever was being sent.
    pub fn pulse(&mut self, clocks: u32) {
        self.sending = Sender { left: 1, clocks, ..Sender::default() };
    }

    /// True if nothing is being sent or waits to be.
    pub fn is_sent(&self) -> bool {
        self.sending.left == 0 && self.sending.queue.is_empty()
    }

    /// The oldest byte received, if any.
    #[inline]
    pub fn receive(&mut self) -> Option<u8> {
        self.receiving.queue.pop_front()
    }

    /// Bytes whose stop bit was low.
    pub fn framing_errors(&self) -> u64 {
        self.receiving.framing_errors
    }

    /// Bytes dropped because nobody took them.
    pub fn overruns(&self) -> u64 {
        self.receiving.overruns
    }
}

impl Sender {
    fn step(&mut self, divisor: u32) -> bool {
        if self.left == 0 {
            if self.pause > 0 {
                self.pause -= 1;
                return true;
            }
            self.load(divisor);
        }
        let level = self.bits & 1 != 0;
        self.clocks -= 1;
        if self.clocks == 0 {
            (self.bits, self.left, self.clocks) = (self.bits >> 1, self.left - 1, divisor);
        }
        level
    }

    fn load(&mut self, divisor: u32) {
        let byte = self.queue.pop_front().unwrap_or(0xff);
        (self.bits, self.left, self.clocks) = (0x200 | u16::from(byte) << 1, FRAME_BITS, divisor);
    }
}

impl Receiver {
    fn step(&mut self, divisor: u32, level: bool) {
        if self.left == 0 {
            // The start bit's first clock: the samples are taken in the middle of the bits.
            (self.bits, self.left, self.clocks) = (0, FRAME_BITS, divisor / 2);
        }
        self.clocks = self.clocks.saturating_sub(1);
        if self.clocks == 0 {
            self.sample(divisor, level);
        }
    }

    fn sample(&mut self, divisor: u32, level: bool) {
        if self.left == FRAME_BITS && level {
            // A low pulse shorter than half a bit is no start.
            self.left = 0;
            return;
        }
        self.bits = self.bits >> 1 | u16::from(level) << (FRAME_BITS - 1);
        (self.left, self.clocks) = (self.left - 1, divisor);
        if self.left == 0 {
            self.take();
        }
    }

    fn take(&mut self) {
        if self.bits >> (FRAME_BITS - 1) == 0 {
            self.framing_errors += 1;
        } else if self.queue.len() >= KEPT {
            self.overruns += 1;
        } else {
            self.queue.push_back((self.bits >> 1) as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two UARTs, each the other's design.
    fn exchange(divisors: [u32; 2], bytes: &[u8]) -> (Vec<u8>, Uart) {
        let [mut left, mut right] = divisors.map(Uart::new);
        left.send(bytes);
        let mut level = true;
        for _ in 0..(bytes.len() as u32 + 2) * FRAME_BITS * divisors[0] {
            level = left.step(true);
            right.step(level);
        }
        assert!(level && left.is_sent());
        (std::iter::from_fn(|| right.receive()).collect(), right)
    }

    #[test]
    fn every_byte_arrives_at_every_divisor() {
        let bytes: Vec<u8> = (0..=255).collect();
        for divisor in [2, 3, 7, 104] {
            let (received, uart) = exchange([divisor; 2], &bytes);
            assert_eq!((received, uart.framing_errors()), (bytes.clone(), 0), "divisor {divisor}");
        }
    }

    #[test]
    fn clocks_four_percent_apart_still_understand_each_other() {
        let bytes = [0x00, 0xff, 0x55, 0x80];
        assert_eq!(exchange([100, 104], &bytes).0, bytes);
        assert_eq!(exchange([100, 96], &bytes).0, bytes);
    }

    #[test]
    fn a_missing_stop_bit_is_counted_and_a_short_pulse_is_not() {
        let mut uart = Uart::new(10);
        (0..100).for_each(|_| {
            uart.step(false);
        });
        uart.step(true);
        assert_eq!((uart.receive(), uart.framing_errors()), (None, 1));
        let mut uart = Uart::new(10);
        [false, false].into_iter().chain([true; 200]).for_each(|level| {
            uart.step(level);
        });
        assert_eq!((uart.receive(), uart.framing_errors()), (None, 0));
    }

    #[test]
    fn a_pause_keeps_the_line_idle() {
        let mut uart = Uart::new(4);
        uart.send(&[0]);
        uart.pause(50);
        let idle = (0..200).take_while(|_| uart.step(true)).count();
        assert_eq!(idle, 50);
    }
}

//! Ports: names, widths, and which Rust type holds one.

use super::VerilatorError;

/// Which way a port goes, seen from the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Set by the test.
    Input,
    /// Set by the model.
    Output,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Direction::Input => "input",
            Direction::Output => "output",
        }
    }
}

/// One port of the top module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The name in the Verilog text.
    pub name: String,
    /// Bits, 1 to 65536.
    pub width: u32,
    /// Seen from the model.
    pub direction: Direction,
}

impl Port {
    /// An input of `width` bits.
    pub fn input(name: impl Into<String>, width: u32) -> Port {
        Port { name: name.into(), width, direction: Direction::Input }
    }

    /// An output of `width` bits.
    pub fn output(name: impl Into<String>, width: u32) -> Port {
        Port { name: name.into(), width, direction: Direction::Output }
    }

    /// Bytes of the port's storage in the model: the least of 1, 2, 4, 8 that holds it, then whole 32-bit words.
    pub fn bytes(&self) -> usize {
        match self.width {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            wide => wide.div_ceil(32) as usize * 4,
        }
    }

    /// True if the port is a slice of 32-bit words, least significant first.
    pub fn is_wide(&self) -> bool {
        self.width > 64
    }

    /// The Rust type that holds the port.
    pub(super) fn type_name(&self) -> &'static str {
        match self.bytes() {
            _ if self.is_wide() => "a wide port",
            1 => u8::NAME,
            2 => u16::NAME,
            4 => u32::NAME,
            _ => u64::NAME,
        }
    }

    pub(super) fn check(&self) -> Result<(), VerilatorError> {
        check_identifier("port", &self.name)?;
        match self.width {
            1..=65536 => Ok(()),
            width => Err(VerilatorError::PortWidth { port: self.name.clone(), width }),
        }
    }

    /// The member's name in the generated class: what C++ cannot spell is written in hexadecimal.
    pub(super) fn member(&self) -> String {
        let mut rest = self.name.chars().peekable();
        let mut member = String::new();
        while let Some(symbol) = rest.next() {
            match symbol {
                '_' if rest.next_if_eq(&'_').is_some() => member.push_str("___05F"),
                '$' => member.push_str("__024"),
                plain => member.push(plain),
            }
        }
        member
    }
}

/// Names go into C++ text and command lines, so nothing but an identifier may pass.
pub(super) fn check_identifier(what: &'static str, name: &str) -> Result<(), VerilatorError> {
    let head = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let tail = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if head && tail {
        return Ok(());
    }
    let rule = "letters, digits, `_` and `$`, not first a digit";
    Err(VerilatorError::Name { what, name: name.into(), rule })
}

mod sealed {
    pub trait Sealed {}
}

/// A type that is the storage of a port of at most 64 bits.
pub trait Word: Copy + sealed::Sealed + 'static {
    /// The type's name, for messages.
    const NAME: &'static str;
    /// The low `width` bits set.
    fn mask(width: u32) -> Self;
    /// Bitwise and.
    fn and(self, mask: Self) -> Self;
}

macro_rules! word {
    ($($type:ident)*) => {$(
        impl sealed::Sealed for $type {}
        impl Word for $type {
            const NAME: &'static str = stringify!($type);
            fn mask(width: u32) -> $type {
                $type::MAX >> ($type::BITS - width.clamp(1, $type::BITS))
            }
            #[inline(always)]
            fn and(self, mask: $type) -> $type {
                self & mask
            }
        }
    )*};
}

word!(u8 u16 u32 u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_held_by_the_smallest_type_that_fits() {
        let fits = |width| Port::input("p", width).type_name();
        assert_eq!([1, 8, 9, 16, 17, 33].map(fits), ["u8", "u8", "u16", "u16", "u32", "u64"]);
        assert_eq!(Port::input("p", 65).bytes(), 12);
        assert_eq!(fits(65), "a wide port");
    }

    #[test]
    fn a_mask_has_exactly_the_ports_bits() {
        assert_eq!((u8::mask(4), u8::mask(8), u16::mask(9), u64::mask(64)), (15, 255, 511, u64::MAX));
    }

    #[test]
    fn a_name_that_would_leave_the_c_text_is_refused() {
        for bad in ["", "1a", "a;b", "a b", "a\"", "é"] {
            let message = Port::input(bad, 1).check().expect_err(bad).to_string();
            assert!(message.contains("cannot name a port"), "{message}");
        }
    }

    #[test]
    fn members_are_spelt_as_verilator_spells_them() {
        assert_eq!(Port::input("io$in__put", 1).member(), "io__024in___05Fput");
    }
}

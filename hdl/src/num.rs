//! `S<N>`: the signed number of the hardware. rust-hdl evaluates at operand width, Verilog at context width; here every
//! sum, product and shift is an unsized [`W`] and only `.into()` a sized signal gives it a width, so that both agree and
//! `a + b < c` does not compile. Nothing here rounds or saturates: that is hardware, written out where it happens.

use rust_hdl::prelude::*;
use std::ops::{Add, Mul, Neg, Shl, Sub};

/// An `N`-bit two's complement number.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct S<const N: usize>(pub i64);

/// An exact intermediate; it can only be stored into a sized `S`.
#[derive(Clone, Copy, Debug)]
pub struct W(pub i128);

/// The low `n` bits of `x`, sign extended: what a Verilog assignment does.
pub fn wrap(x: i128, n: usize) -> i64 {
    ((x << (128 - n)) >> (128 - n)) as i64
}

impl<const N: usize> S<N> {
    /// `x` truncated to `N` bits.
    pub fn new(x: i64) -> Self {
        S(wrap(x as i128, N))
    }
    fn raw(self) -> u64 {
        (self.0 as u64) & (if N == 64 { !0 } else { (1u64 << N) - 1 })
    }
    /// Bits `k + M - 1 ..= k`.
    pub fn get_bits<const M: usize>(self, k: usize) -> Bits<M> {
        Bits::<M>::from(((self.0 >> k) as u64) & ((1u64 << M) - 1))
    }
    /// Bit `k`.
    pub fn get_bit(self, k: usize) -> bool {
        (self.0 >> k) & 1 != 0
    }
}

impl<const N: usize> Synth for S<N> {
    const BITS: usize = N;
    fn descriptor() -> TypeDescriptor {
        TypeDescriptor { name: format!("S{N}"), kind: TypeKind::Signed(N) }
    }
    fn vcd(self) -> VCDValue {
        Bits::<N>::from(self.raw()).into()
    }
    fn verilog(self) -> VerilogLiteral {
        Bits::<N>::from(self.raw()).into()
    }
}

impl<const N: usize> From<S<N>> for W {
    fn from(x: S<N>) -> W {
        W(x.0 as i128)
    }
}
impl<const N: usize> From<W> for S<N> {
    fn from(x: W) -> S<N> {
        S(wrap(x.0, N))
    }
}

macro_rules! exact {
    ($trait:ident, $method:ident, $op:tt) => {
        impl<const A: usize, const B: usize> $trait<S<B>> for S<A> {
            type Output = W;
            fn $method(self, r: S<B>) -> W {
                W((self.0 as i128) $op (r.0 as i128))
            }
        }
        impl<const A: usize> $trait<S<A>> for W {
            type Output = W;
            fn $method(self, r: S<A>) -> W {
                W(self.0 $op (r.0 as i128))
            }
        }
    };
}
exact!(Add, add, +);
exact!(Sub, sub, -);
exact!(Mul, mul, *);

impl<const A: usize> Neg for S<A> {
    type Output = W;
    fn neg(self) -> W {
        W(-(self.0 as i128))
    }
}
impl<const A: usize> Shl<i32> for S<A> {
    type Output = W;
    fn shl(self, k: i32) -> W {
        W((self.0 as i128) << k)
    }
}

/// A signed literal; the prefix `signed_cast` makes rust-hdl print `$signed(..)`.
pub fn signed_cast_lit<const N: usize>(x: i32) -> S<N> {
    S::new(x as i64)
}

/// Reinterprets a bit field as a signed number (`$signed(..)`), sign extended by the signal it is stored into.
pub trait ToSigned {
    /// The low `M` bits, two's complement.
    fn to_signed_bits<const M: usize>(self) -> S<M>;
}
impl<const N: usize> ToSigned for Bits<N> {
    fn to_signed_bits<const M: usize>(self) -> S<M> {
        let u: u64 = self.into();
        S(wrap(wrap(u as i128, N) as i128, M))
    }
}

//! Arithmetic that remembers how it was written: a value and its formula with the numbers in it, so that neither can say what
//! the other does not.
//!
//! Values are float64. Counts of the shapes that [`super::shapes`] admits stay far from its range, and are exact below 2^53.

use std::ops::{Add, Div, Mul, Sub};

use crate::report::grouped;

/// From here on numbers are written with an exponent.
const LARGE: f64 = 1e15;

/// How tightly the outermost operation of a formula binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Quotient,
    Product,
    Atom,
}

/// A value with the formula that gave it.
#[derive(Clone)]
pub struct Expr {
    /// In the base unit.
    pub value: f64,
    text: String,
    binding: Binding,
}

/// A number under its name: `24 layers`.
pub fn count(value: u64, name: &str) -> Expr {
    Expr::atom(value as f64, spaced(&number(value as f64), name))
}

/// The same of a number that need not be whole.
pub fn amount(value: f64, name: &str) -> Expr {
    Expr::atom(value, spaced(&number(value), name))
}

/// A number without a name.
pub fn plain(value: f64) -> Expr {
    Expr::atom(value, number(value))
}

/// A figure in its unit, written short: `13.4 GMAC/s`.
pub fn figure(value: f64, unit: &str) -> Expr {
    Expr::atom(value, si(value, unit))
}

/// Nothing, with the reason.
pub fn nothing(why: &str) -> Expr {
    Expr::atom(0.0, why.into())
}

/// What is added up.
pub fn sum(terms: impl IntoIterator<Item = Expr>) -> Expr {
    terms.into_iter().reduce(|sum, term| sum + term).unwrap_or_else(|| plain(0.0))
}

impl Expr {
    fn atom(value: f64, text: String) -> Expr {
        Expr { value, text, binding: Binding::Atom }
    }

    /// As an operand: in parentheses where the formula would otherwise read differently.
    fn within(&self, least: Binding) -> String {
        match self.binding >= least {
            true => self.text.clone(),
            false => format!("({})", self.text),
        }
    }

    fn binary(&self, other: &Expr, sign: &str, value: f64, binding: Binding, right: Binding) -> Expr {
        Expr { value, text: format!("{} {sign} {}", self.within(binding), other.within(right)), binding }
    }

    /// The formula with its result: `24 layers x 4096 states = 98,304 states`.
    pub fn formula(&self, unit: &str) -> String {
        format!("{} = {}", self.text, spaced(&number(self.value), unit))
    }

    /// The next whole number, with the formula marked.
    pub fn rounded_up(self) -> Expr {
        Expr { value: self.value.ceil(), text: format!("ceil({})", self.text), binding: Binding::Atom }
    }

    /// The formula alone.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Add for Expr {
    type Output = Expr;

    fn add(self, other: Expr) -> Expr {
        self.binary(&other, "+", self.value + other.value, Binding::Sum, Binding::Sum)
    }
}

impl Sub for Expr {
    type Output = Expr;

    fn sub(self, other: Expr) -> Expr {
        self.binary(&other, "-", self.value - other.value, Binding::Sum, Binding::Quotient)
    }
}

impl Mul for Expr {
    type Output = Expr;

    fn mul(self, other: Expr) -> Expr {
        self.binary(&other, "x", self.value * other.value, Binding::Product, Binding::Product)
    }
}

impl Div for Expr {
    type Output = Expr;

    fn div(self, other: Expr) -> Expr {
        self.binary(&other, "/", self.value / other.value, Binding::Quotient, Binding::Atom)
    }
}

/// A number as a formula has it: whole ones in full, others with four digits.
pub fn number(value: f64) -> String {
    let whole = value == value.trunc() && value.abs() < LARGE;
    match whole {
        true if value < 0.0 => format!("-{}", number(-value)),
        true if value < 10_000.0 => format!("{value}"),
        true => grouped(value as u64),
        false => digits(value),
    }
}

/// A figure as a table has it, with a prefix of its unit: `393.2 KB`.
pub fn si(value: f64, unit: &str) -> String {
    let (step, unit) = scaled(value, unit);
    let shown = if step == 1.0 { number(value) } else { digits(value / step) };
    spaced(&shown, &unit)
}

/// Lowest, typical and highest with one prefix: `1.699 / 5.103 / 8.52 W`.
pub fn spread(values: [f64; 3], unit: &str) -> String {
    let (step, unit) = scaled(values[1], unit);
    spaced(&values.map(|value| digits(value / step)).join(" / "), &unit)
}

/// The largest step that is no larger than the value, and the unit with its prefix.
fn scaled(value: f64, unit: &str) -> (f64, String) {
    if !takes_prefix(unit) {
        return (1.0, unit.into());
    }
    let steps: [(f64, &str); 8] = [
        (1e15, "P"),
        (1e12, "T"),
        (1e9, "G"),
        (1e6, "M"),
        (1e3, "K"),
        (1.0, ""),
        (1e-3, "m"),
        (1e-6, "\u{b5}"),
    ];
    let fits = |(step, _): &(f64, &str)| value.abs() >= 0.99995 * step;
    let (step, prefix) = steps.into_iter().find(fits).unwrap_or((1.0, ""));
    (step, prefixed(prefix, unit))
}

/// Parameters are counted in millions and billions, as everybody does.
fn prefixed(prefix: &str, unit: &str) -> String {
    match (unit, prefix) {
        ("parameters", "G") => "B".into(),
        ("parameters", prefix) => prefix.into(),
        (unit, prefix) => format!("{prefix}{unit}"),
    }
}

/// Words, and units that have a prefix of their own, take none.
fn takes_prefix(unit: &str) -> bool {
    !matches!(unit, "tokens" | "passes" | "pJ" | "pJ/bit" | "tokens/s")
}

/// Four digits, no zeros behind the point.
fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if value < 0.0 {
        return format!("-{}", digits(-value));
    }
    if value >= LARGE {
        return format!("{value:.3e}");
    }
    let places = (3 - value.log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => grouped(value.round() as u64),
    }
}

fn spaced(number: &str, unit: &str) -> String {
    format!("{number} {unit}").trim_end().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_reads_as_it_was_computed() {
        let state = count(24, "layers") * count(4096, "states") * count(2, "parts") * count(2, "B");
        assert_eq!(state.formula("B"), "24 layers x 4096 states x 2 parts x 2 B = 393,216 B");
        let mixed =
            (plain(2.0) + plain(3.0)) * plain(4.0) / (plain(2.0) * plain(5.0)) - (plain(1.0) + plain(1.0));
        assert_eq!((mixed.value, mixed.text()), (0.0, "(2 + 3) x 4 / (2 x 5) - (1 + 1)"));
        assert_eq!((plain(3.0) * (plain(1.0) / plain(2.0))).text(), "3 x (1 / 2)");
    }

    #[test]
    fn figures_are_short_and_numbers_are_exact() {
        assert_eq!(si(393_216.0, "B"), "393.2 KB");
        assert_eq!(si(0.0, "B"), "0 B");
        assert_eq!(si(0.0255, "W"), "25.5 mW");
        assert_eq!(si(736_890_880.0, "parameters"), "736.9 M");
        assert_eq!(si(999_990.0, "B"), "1 MB");
        assert_eq!(si(1_235_814_400.0, "parameters"), "1.236 B");
        assert_eq!(spread([0.4118, 2.15, 4.0], "W"), "0.4118 / 2.15 / 4 W");
        assert_eq!([number(-0.5), number(-20_000.0), number(4e20)], ["-0.5", "-20,000", "4.000e20"]);
        assert_eq!(si(9.25, "pJ/bit"), "9.25 pJ/bit");
        assert_eq!([number(4096.0), number(10_000.0), number(0.3)], ["4096", "10,000", "0.3"]);
    }
}

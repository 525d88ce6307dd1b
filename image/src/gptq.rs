//! GPTQ: rounds a row one weight after another and lets the weights still to come make up for each error, as far as the inputs seen in
//! calibration are correlated.
//!
//! With H = X^T X and U upper triangular, U^T U = H^-1: e = (w_j - q_j scale) / U_jj, then w_k -= e U_jk for k > j.

/// Share of the mean diagonal that is added to the diagonal.
const DAMPING: f64 = 0.01;

/// Sum of x x^T over calibration inputs x.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hessian {
    /// Length of x.
    pub n: usize,
    /// (n, n), row major; only the upper triangle is kept.
    data: Vec<f64>,
}

/// U, with U^T U = H^-1.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    n: usize,
    data: Vec<f64>,
}

impl Hessian {
    /// Adds one input.
    pub fn add(&mut self, x: &[f64]) {
        if self.data.is_empty() {
            (self.n, self.data) = (x.len(), vec![0.0; x.len() * x.len()]);
        }
        for (i, scale) in x.iter().enumerate().filter(|(_, scale)| **scale != 0.0) {
            let row = &mut self.data[i * self.n + i..(i + 1) * self.n];
            row.iter_mut().zip(&x[i..]).for_each(|(sum, x)| *sum += scale * x);
        }
    }

    /// Adds what another calibration text has collected.
    pub fn merge(&mut self, other: &Hessian) {
        match self.data.is_empty() {
            true => *self = other.clone(),
            false => self.data.iter_mut().zip(&other.data).for_each(|(sum, x)| *sum += x),
        }
    }

    /// The Hessian of the inputs with those of `kept` only, each times its factor: (index, factor).
    pub fn select(&self, kept: &[(usize, f64)]) -> Hessian {
        let entry = |(i, fi): (usize, f64), (j, fj): (usize, f64)| self.at(i.min(j), i.max(j)) * fi * fj;
        let data = kept.iter().flat_map(|i| kept.iter().map(move |j| entry(*i, *j))).collect();
        Hessian { n: kept.len(), data }
    }

    /// How strongly each input drives a row.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.n).map(|i| self.at(i, i)).collect()
    }

    /// U of the damped Hessian. An input that was always zero is damped like the others, so U exists.
    pub fn factor(&self) -> Factor {
        let mean = self.diagonal().iter().sum::<f64>() / self.n.max(1) as f64;
        let damping = (mean * DAMPING).max(f64::MIN_POSITIVE.sqrt());
        let mut r = self.data.clone();
        (0..self.n).for_each(|i| r[i * self.n + i] += damping);
        reverse_cholesky(&mut r, self.n);
        Factor { n: self.n, data: invert_upper(&r, self.n) }
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.n + j]
    }
}

impl Factor {
    /// Rounds one row: `nearest` gives the integer of a weight.
    pub fn round(&self, row: &[f64], nearest: impl Fn(f64) -> f64, scale: f64) -> Vec<i8> {
        let mut left = row.to_vec();
        let mut rounded = Vec::with_capacity(row.len());
        for j in 0..self.n.min(row.len()) {
            let u = &self.data[j * self.n..(j + 1) * self.n];
            let q = nearest(left[j]);
            let error = (left[j] - q * scale) / u[j];
            left[j + 1..].iter_mut().zip(&u[j + 1..]).for_each(|(w, u)| *w -= error * u);
            rounded.push(q as i8);
        }
        rounded
    }
}

/// Upper R with R R^T = H in place of H's upper triangle, from the last column to the first.
fn reverse_cholesky(h: &mut [f64], n: usize) {
    for j in (0..n).rev() {
        for i in (0..=j).rev() {
            let (a, b) = (&h[i * n + j + 1..(i + 1) * n], &h[j * n + j + 1..(j + 1) * n]);
            let sum: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            let left = h[i * n + j] - sum;
            // Damping keeps every pivot positive; the floor only guards against rounding.
            h[i * n + j] = if i == j { left.max(f64::MIN_POSITIVE).sqrt() } else { left / h[j * n + j] };
        }
    }
}

/// Inverse of an upper triangular matrix.
fn invert_upper(r: &[f64], n: usize) -> Vec<f64> {
    let mut u = vec![0.0; n * n];
    for i in (0..n).rev() {
        let pivot = r[i * n + i];
        let (head, done) = u.split_at_mut((i + 1) * n);
        let row = &mut head[i * n..];
        for k in i + 1..n {
            let factor = r[i * n + k] / pivot;
            let below = &done[(k - i - 1) * n..(k - i) * n];
            row[k..].iter_mut().zip(&below[k..]).for_each(|(x, b)| *x -= factor * b);
        }
        row[i] = 1.0 / pivot;
    }
    u
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn inputs(n: usize, count: usize) -> Vec<Vec<f64>> {
        let mut rng = Rng::new(5);
        let mut input = || {
            let common = rng.normal();
            (0..n).map(|_| rng.normal() + 2.0 * common).collect::<Vec<f64>>()
        };
        (0..count).map(|_| input()).collect()
    }

    fn hessian(inputs: &[Vec<f64>]) -> Hessian {
        let mut hessian = Hessian::default();
        inputs.iter().for_each(|x| hessian.add(x));
        hessian
    }

    #[test]
    fn the_factor_inverts_the_damped_hessian() {
        let n = 7;
        let h = hessian(&inputs(n, 40));
        let u = h.factor();
        let damping = h.diagonal().iter().sum::<f64>() / n as f64 * DAMPING;
        let inverse =
            |i: usize, j: usize| -> f64 { (0..n).map(|k| u.data[k * n + i] * u.data[k * n + j]).sum() };
        for i in 0..n {
            for j in 0..n {
                let h = |k: usize| h.at(i.min(k), i.max(k)) + if i == k { damping } else { 0.0 };
                let product: f64 = (0..n).map(|k| h(k) * inverse(k, j)).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-8, "{i} {j}: {product}");
            }
        }
    }

    #[test]
    fn correlated_inputs_are_served_better_than_by_rounding_to_nearest() {
        let inputs = inputs(32, 400);
        let mut rng = Rng::new(9);
        let row: Vec<f64> = (0..32).map(|_| rng.normal()).collect();
        let nearest = |w: f64| (w / 0.4).round().clamp(-7.0, 7.0);
        let error = |q: &[i8]| -> f64 {
            let weights: Vec<f64> = q.iter().zip(&row).map(|(q, w)| f64::from(*q) * 0.4 - w).collect();
            let miss = |x: &Vec<f64>| x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
            inputs.iter().map(|x| miss(x).powi(2)).sum()
        };
        let plain: Vec<i8> = row.iter().map(|w| nearest(*w) as i8).collect();
        let gptq = hessian(&inputs).factor().round(&row, nearest, 0.4);
        assert!(error(&gptq) < 0.5 * error(&plain), "{} against {}", error(&gptq), error(&plain));
    }
}

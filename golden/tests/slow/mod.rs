//! The format's arithmetic once more, from `FORMAT.md` alone and as slowly as it reads: i128, division instead of shifts, one row
//! after another, parameters taken from the raw row. It shares nothing with the crate that it checks but the image.
#![allow(dead_code, reason = "each test binary uses a part")]

use statestream_image::layout::{flag, Image, Kind, Row, Section, GUMBEL_AT, RSQRT_AT};

/// (section, row, word).
pub type Word = (u32, u32, i16);

/// R(x, s), by Euclidean division.
pub fn r(x: i128, s: u32) -> i128 {
    let unit = 1i128 << s;
    (x + unit / 2).div_euclid(unit)
}

/// 4096 T between two entries.
pub fn between(table: &[i16], j: usize, f: i128) -> i128 {
    i128::from(table[j]) * (4096 - f) + i128::from(table[j + 1]) * f
}

/// xs(x).
pub fn xs(x: u32) -> u32 {
    let x = x ^ x.wrapping_mul(1 << 13);
    let x = x ^ (x / (1 << 17));
    x ^ x.wrapping_mul(32)
}

/// A machine that reads the image directly.
pub struct Slow<'a> {
    pub image: &'a Image,
    pub state: Vec<i16>,
    pub words: Vec<Word>,
    pub logits: Vec<i16>,
    pub clamps: u64,
    pub next: Option<u16>,
    pub t: i16,
    pub s: u32,
    h: Vec<i16>,
    q: u128,
    vector: Vec<i16>,
    at: (u32, u32),
    w: u32,
    best: i16,
}

impl<'a> Slow<'a> {
    pub fn new(image: &'a Image) -> Self {
        Self {
            image,
            state: image.states[0].clone(),
            words: Vec::new(),
            logits: vec![0; image.header.vocab],
            clamps: 0,
            next: None,
            t: 0,
            s: 1,
            h: Vec::new(),
            q: 0,
            vector: vec![0; image.header.vector_words],
            at: (0, 0),
            w: 0,
            best: 0,
        }
    }

    pub fn feed(&mut self, token: u16, want_logits: bool) {
        let d = self.image.header.d;
        self.words.clear();
        self.next = None;
        self.s = xs(self.s);
        self.w = self.s ^ 0x9E37_79B9;
        self.h = self.image.embedding[usize::from(token) * d..][..d].to_vec();
        let mut state_at = 0;
        for (k, section) in self.image.sections.iter().enumerate() {
            if section.kind == Kind::Logit && !want_logits {
                return;
            }
            if section.kind == Kind::Norm {
                self.at = (k as u32, 0);
                self.norm(section);
            }
            for (i, row) in section.rows.iter().enumerate() {
                self.at = (k as u32, i as u32);
                self.row(section, row, i, state_at);
                state_at += section.state_words;
            }
        }
    }

    fn sat(&mut self, x: i128) -> i16 {
        let y = x.clamp(-32768, 32767);
        self.clamps += u64::from(x != y);
        y as i16
    }

    /// Reports a word and passes it on.
    fn out(&mut self, word: i16) -> i16 {
        self.words.push((self.at.0, self.at.1, word));
        word
    }

    fn act(&mut self, u: i16) -> i16 {
        let t = i128::from(u).abs();
        let j = (t / 512).min(32) as usize;
        let sum = 4096 * i128::from(u.max(0)) + between(&self.image.tables, j, t % 512 * 8);
        self.sat(r(sum, 12))
    }

    fn a0(&mut self, weights: &[i8], base: usize, q: i16) -> i16 {
        let acc: i128 =
            weights.iter().enumerate().map(|(i, &w)| i128::from(w) * i128::from(self.vector[base + i])).sum();
        assert!(acc.abs() < 1 << 30, "the image promises small sums");
        self.sat(r(acc, (q & 31) as u32))
    }

    fn norm(&mut self, section: &Section) {
        let eps_q = u128::from(self.image.header.eps_q);
        if section.has(flag::FRESH) {
            self.q = eps_q + self.h.iter().map(|&h| i64::from(h).pow(2) as u128).sum::<u128>();
        }
        let (mut k, mut scale) = (0, 0i128);
        if !section.has(flag::COPY) {
            while self.q << (2 * k) < 1 << 42 {
                k += 1;
            }
            let m = self.q << (2 * k);
            let rsqrt = &self.image.tables[RSQRT_AT..];
            let sum = between(rsqrt, (m >> 39) as usize, (m >> 27 & 4095) as i128);
            let word = self.sat(r(sum, 12));
            scale = i128::from(self.out(word));
        }
        for i in 0..section.a.len {
            let n = match section.has(flag::COPY) {
                true => self.h[i],
                false => self.sat(r(i128::from(self.h[i]) * scale, 21 - k)),
            };
            self.vector[section.dest + i] = self.out(n);
        }
        self.q = eps_q;
    }

    fn write_h(&mut self, i: usize, h: i16) {
        self.h[i] = h;
        self.q += i64::from(h).pow(2) as u128;
    }

    fn conv(&mut self, taps: &[i16], sc: u32, at: usize, x: i16) -> i16 {
        let samples = [self.state[at], self.state[at + 1], self.state[at + 2], x];
        let sum: i128 = taps.iter().zip(samples).map(|(&w, x)| i128::from(w) * i128::from(x)).sum();
        self.state[at..at + 3].copy_from_slice(&samples[1..]);
        self.sat(r(sum, sc))
    }

    fn recurrence(&mut self, p: &[i16], at: usize, v: i16) -> (i16, i16) {
        let [ar, ai, b, sr, si, v] =
            [p[0], p[1], p[2], self.state[at], self.state[at + 1], v].map(i128::from);
        let re = self.sat(r(ar * sr - ai * si + b * v, 15));
        let im = self.sat(r(ar * si + ai * sr, 15));
        (self.state[at], self.state[at + 1]) = (re, im);
        (self.out(re), self.out(im))
    }

    fn row(&mut self, section: &Section, row: &Row, i: usize, mut state: usize) {
        let p = &row.params;
        let [sc, sy, sz] = section.shifts;
        let gate = section.has(flag::GATE);
        let a0 = self.a0(&row.a, section.a.base, p[0]);
        self.out(a0);
        let mut b0 = 0;
        if section.kind == Kind::Channel || gate {
            b0 = self.a0(&row.b, section.b.base, p[3]);
            self.out(b0);
        }
        let affine = |a0: i16, p: &[i16]| (i128::from(p[2]) << 14) + i128::from(a0) * i128::from(p[1]);
        let sum = affine(a0, p);
        match section.kind {
            Kind::Store => {
                let word = self.sat(r(sum, 14));
                let mut x = self.out(word);
                if section.has(flag::CONV) {
                    x = self.conv(&p[3..7], sc, state, x);
                    self.out(x);
                }
                if section.has(flag::ACT) {
                    x = self.act(x);
                    self.out(x);
                }
                self.vector[section.dest + i] = x;
            }
            Kind::Channel => {
                let x = self.sat(r(sum, 14));
                self.out(x);
                let gate_in = self.sat(r(affine(b0, &p[3..]), 14));
                self.out(gate_in);
                let (mut u, mut rest) = (x, &p[6..]);
                if section.has(flag::CONV) {
                    u = self.conv(&p[6..10], sc, state, x);
                    self.out(u);
                    rest = &p[10..];
                    state += 3;
                }
                let g = self.act(gate_in);
                self.out(g);
                let v = self.act(u);
                self.out(v);
                let mut y = i128::from(rest[0]) * i128::from(v);
                for (n, p) in rest[1..].chunks(5).enumerate() {
                    let (re, im) = self.recurrence(p, state + 2 * n, v);
                    y += i128::from(p[3]) * i128::from(re) - i128::from(p[4]) * i128::from(im);
                }
                let y = self.sat(r(y, sy));
                self.out(y);
                let z = self.sat(r(i128::from(y) * i128::from(g), sz));
                self.vector[section.dest + i] = self.out(z);
            }
            Kind::Recur => {
                let v = self.sat(r(sum, 14));
                self.out(v);
                let (re, im) = self.recurrence(&p[3..], state, v);
                if section.has(flag::COMPLEX) {
                    self.vector[section.dest + 2 * i] = re;
                    self.vector[section.dest + 2 * i + 1] = im;
                } else {
                    self.vector[section.dest + i] = re;
                }
            }
            Kind::Activate => {
                let d = p[if gate { 6 } else { 3 }];
                let u = self.vector[section.operand + i];
                let y = self.sat(r(sum + i128::from(d) * i128::from(u), 14));
                if gate {
                    let gate_in = self.sat(r(affine(b0, &p[3..]), 14));
                    let g = self.act(gate_in);
                    [gate_in, y, g].into_iter().for_each(|word| _ = self.out(word));
                    let z = self.sat(r(i128::from(y) * i128::from(g), sz));
                    self.vector[section.dest + i] = self.out(z);
                } else {
                    let v = self.act(y);
                    [y, v].into_iter().for_each(|word| _ = self.out(word));
                    let at = section.dest + i;
                    let old = if section.has(flag::ADD_H) { i128::from(self.h[at]) << 14 } else { 0 };
                    let h = self.sat(r(i128::from(v) * i128::from(p[4]) + old, 14));
                    self.out(h);
                    self.write_h(at, h);
                }
            }
            Kind::Residual => {
                let at = section.dest + i;
                let h = self.sat(r(sum + (i128::from(self.h[at]) << 14), 14));
                self.out(h);
                self.write_h(at, h);
            }
            Kind::Logit => {
                let logit = self.sat(r(sum, 14));
                self.out(logit);
                self.choose(section.dest + i, logit);
            }
            Kind::End | Kind::Norm => {}
        }
    }

    fn choose(&mut self, token: usize, logit: i16) {
        self.w = xs(self.w);
        let z = self.w.leading_zeros().min(15);
        let m = self.w << z;
        let j = (15 - z as usize) * 16 + (m >> 27) as usize % 16;
        let g = self.sat(r(between(&self.image.tables[GUMBEL_AT..], j, i128::from(m >> 15 & 4095)), 12));
        self.out(g);
        let score = self.sat(r((i128::from(logit) << 14) + i128::from(g) * i128::from(self.t), 14));
        self.out(score);
        self.logits[token] = logit;
        if self.next.is_none() || score > self.best {
            (self.next, self.best) = (Some(token as u16), score);
        }
    }
}

// A gated dws block between its two matrices, in one pass over the text: conv, SiLU, recurrence, read-out, gate.
// `fused.py` calls it; `model.py` has the same in plain PyTorch, and test_fused.py compares them.
//
// Sixteen channels lie in one vector, and a call works on the vectors from..to, so threads share nothing they write.
// Shapes, float32, last axis contiguous: x (B, T, 2C): x then gate; z (B, T, C); taps (4, C), newest sample last;
// per state (N, C): pole ar + i ai, drive k, read-out er + i ei; skip (C); history (B, 3, C), oldest first;
// state (B, 2, N, C): re, then im.

#include <cmath>
#include <vector>

constexpr int LANES = 16, TAPS = 4, STATES = 16, AHEAD = 8;
// Unaligned, because PyTorch aligns to 64 bytes only what it allocates itself.
typedef float Vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

struct Sizes {
    int batch, tokens, channels, states, taps;
};

struct Weights {
    const float *taps, *ar, *ai, *k, *er, *ei, *skip;
};

struct Grads {
    float *taps, *ar, *ai, *k, *er, *ei, *skip;
};

static Vec &at(float *p) { return *reinterpret_cast<Vec *>(p); }
static const Vec &at(const float *p) { return *reinterpret_cast<const Vec *>(p); }

typedef int Ints __attribute__((vector_size(4 * LANES)));

// e^x = 2^n e^y with |y| <= ln 2 / 2: Taylor's series to y^6 (relative error below 2e-7), and n added to the exponent's bits.
static Vec exponential(Vec x) {
    x = x < -80.0f ? Vec{} - 80.0f : x > 80.0f ? Vec{} + 80.0f : x;
    Vec whole = x * float(M_LOG2E) + 128.5f;  // above 0, so that truncation rounds down
    Ints n = __builtin_convertvector(whole, Ints) - 128;
    Vec y = x - __builtin_convertvector(n, Vec) * float(M_LN2), e = Vec{} + 1.0f;
    for (int k = 6; k > 0; k--) e = 1.0f + e * y * (1.0f / k);
    return (Vec)((Ints)e + (n << 23));
}

static Vec sigmoid(Vec x) { return 1.0f / (1.0f + exponential(-x)); }

// A token's channels lie far from the next one's, so the processor does not see what comes: it is told.
static void expect(const float *p, long stride) { __builtin_prefetch(p + AHEAD * stride); }

// d SiLU / dx, where s is sigmoid(x).
static Vec slope(Vec x, Vec s) { return s * (1.0f + x * (1.0f - s)); }

struct Complex {
    Vec re, im;
};

// One text, sixteen channels: what the recurrence carries, and the weights in registers.
struct Channels {
    const Sizes &size;
    int c;
    Vec taps[TAPS], k[STATES], skip;
    Complex a[STATES], e[STATES];

    Channels(const Sizes &size, const Weights &w, int c) : size(size), c(c), skip(at(w.skip + c)) {
        for (int n = 0; n < size.states; n++) {
            int i = n * size.channels + c;
            a[n] = {at(w.ar + i), at(w.ai + i)};
            e[n] = {at(w.er + i), at(w.ei + i)};
            k[n] = at(w.k + i);
        }
        for (int j = 0; j < TAPS; j++) taps[j] = size.taps ? at(w.taps + j * size.channels + c) : Vec{};
    }

    long history(int b, int j) const { return (long(b) * (TAPS - 1) + j) * size.channels + c; }
    long state(int b, int part, int n) const { return ((long(b) * 2 + part) * size.states + n) * size.channels + c; }
    long x(int b, int t) const { return (long(b) * size.tokens + t) * 2 * size.channels + c; }
    long z(int b, int t) const { return (long(b) * size.tokens + t) * size.channels + c; }

    // u, from the newest four samples of x.
    Vec conv(const Vec *x) const {
        if (!size.taps) return x[TAPS - 1];
        return taps[0] * x[0] + taps[1] * x[1] + taps[2] * x[2] + taps[3] * x[3];
    }

    // s' = a s + k v; returns y.
    Vec advance(Complex *s, Vec v) const {
        Vec y = skip * v;
        for (int n = 0; n < size.states; n++) {
            Vec re = a[n].re * s[n].re - a[n].im * s[n].im + k[n] * v;
            s[n].im = a[n].re * s[n].im + a[n].im * s[n].re;
            s[n].re = re;
            y += e[n].re * re - e[n].im * s[n].im;
        }
        return y;
    }
};

static void shift(Vec *x, Vec newest) {
    for (int j = 0; j + 1 < TAPS; j++) x[j] = x[j + 1];
    x[TAPS - 1] = newest;
}

extern "C" void forward(const Sizes *size, const Weights *w, int from, int to, const float *x, const float *state,
                        const float *history, float *z, float *state_out, float *history_out) {
    for (int c = from * LANES; c < to * LANES; c += LANES)
        for (int b = 0; b < size->batch; b++) {
            Channels ch(*size, *w, c);
            Complex s[STATES];
            Vec seen[TAPS];
            for (int n = 0; n < size->states; n++) s[n] = {at(state + ch.state(b, 0, n)), at(state + ch.state(b, 1, n))};
            for (int j = 1; j < TAPS; j++) seen[j] = at(history + ch.history(b, j - 1));
            for (int t = 0; t < size->tokens; t++) {
                const float *in = x + ch.x(b, t);
                expect(in, 2 * size->channels), expect(in + size->channels, 2 * size->channels);
                shift(seen, at(in));
                Vec u = ch.conv(seen), gate = at(in + size->channels);
                at(z + ch.z(b, t)) = ch.advance(s, u * sigmoid(u)) * gate * sigmoid(gate);
            }
            for (int n = 0; n < size->states; n++) {
                at(state_out + ch.state(b, 0, n)) = s[n].re;
                at(state_out + ch.state(b, 1, n)) = s[n].im;
            }
            for (int j = 1; j < TAPS; j++) at(history_out + ch.history(b, j - 1)) = seen[j];
        }
}

// What the way back needs of each token; s has one entry more, the state before the first token.
struct Tape {
    std::vector<Vec> u, y;
    std::vector<Complex> s;

    explicit Tape(const Sizes &size)
        : u(size.tokens), y(size.tokens), s(long(size.tokens + 1) * size.states) {}
};

// The sums over texts and tokens, per sixteen channels.
struct Sums {
    Vec taps[TAPS] = {}, k[STATES] = {}, skip = {};
    Complex a[STATES] = {}, e[STATES] = {};

    void write(const Sizes &size, const Grads &g, int c) const {
        for (int j = 0; j < TAPS && size.taps; j++) at(g.taps + j * size.channels + c) = taps[j];
        for (int n = 0; n < size.states; n++) {
            int i = n * size.channels + c;
            at(g.ar + i) = a[n].re, at(g.ai + i) = a[n].im, at(g.k + i) = k[n];
            at(g.er + i) = e[n].re, at(g.ei + i) = e[n].im;
        }
        at(g.skip + c) = skip;
    }
};

static void replay(const Channels &ch, int b, const float *x, const float *state, const float *history, Tape &tape) {
    const int states = ch.size.states;
    Vec seen[TAPS];
    for (int n = 0; n < states; n++) tape.s[n] = {at(state + ch.state(b, 0, n)), at(state + ch.state(b, 1, n))};
    for (int j = 1; j < TAPS; j++) seen[j] = at(history + ch.history(b, j - 1));
    for (int t = 0; t < ch.size.tokens; t++) {
        expect(x + ch.x(b, t), 2 * ch.size.channels);
        shift(seen, at(x + ch.x(b, t)));
        Vec u = tape.u[t] = ch.conv(seen);
        Complex *s = &tape.s[long(t + 1) * states];
        for (int n = 0; n < states; n++) s[n] = s[n - states];
        tape.y[t] = ch.advance(s, u * sigmoid(u));
    }
}

// The gradient by v of a token, from that by its y; `l` is the gradient by the state, from the tokens behind.
static Vec retreat(const Channels &ch, const Complex *s, Vec v, Vec gy, Complex *l, Sums &sums) {
    const int states = ch.size.states;
    Vec gv = gy * ch.skip;
    sums.skip += gy * v;
    for (int n = 0; n < states; n++) {
        const Complex a = ch.a[n], before = s[n - states];
        Vec re = a.re * l[n].re + a.im * l[n].im + gy * ch.e[n].re;
        Vec im = a.re * l[n].im - a.im * l[n].re - gy * ch.e[n].im;
        l[n] = {re, im};
        gv += ch.k[n] * re;
        sums.k[n] += re * v;
        sums.e[n].re += gy * s[n].re, sums.e[n].im -= gy * s[n].im;
        sums.a[n].re += re * before.re + im * before.im;
        sums.a[n].im += im * before.re - re * before.im;
    }
    return gv;
}

extern "C" void backward(const Sizes *size, const Weights *w, int from, int to, const float *x, const float *state,
                         const float *history, const float *gz, float *gx, const Grads *g) {
    Tape tape(*size);
    for (int c = from * LANES; c < to * LANES; c += LANES) {
        Channels ch(*size, *w, c);
        Sums sums;
        for (int b = 0; b < size->batch; b++) {
            replay(ch, b, x, state, history, tape);
            Complex l[STATES] = {};
            Vec gu[TAPS] = {};  // of the token and the three behind it, the token last
            for (int t = size->tokens - 1; t >= 0; t--) {
                float *out = gx + ch.x(b, t);
                expect(x + ch.x(b, t) + size->channels, -2 * size->channels), expect(gz + ch.z(b, t), -size->channels);
                Vec gate = at(x + ch.x(b, t) + size->channels), open = sigmoid(gate), go = at(gz + ch.z(b, t));
                at(out + size->channels) = go * tape.y[t] * slope(gate, open);
                Vec u = tape.u[t], su = sigmoid(u);
                Vec gv = retreat(ch, &tape.s[long(t + 1) * size->states], u * su, go * gate * open, l, sums);
                shift(gu, gv * slope(u, su));
                at(out) = size->taps ? ch.taps[3] * gu[3] + ch.taps[2] * gu[2] + ch.taps[1] * gu[1] + ch.taps[0] * gu[0] : gu[3];
                for (int j = 0; j < TAPS && size->taps; j++) {
                    int then = t - (TAPS - 1) + j;
                    sums.taps[j] += gu[3] * (then >= 0 ? at(x + ch.x(b, then)) : at(history + ch.history(b, then + TAPS - 1)));
                }
            }
        }
        sums.write(*size, *g, c);
    }
}

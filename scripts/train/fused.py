"""The middle of a gated dws block as one compiled pass (`fused.cpp`): several times faster than `model.py`'s transforms.

Optional: without a C++ compiler, or for a block that it does not serve, the plain form runs.
"""

import concurrent.futures
import ctypes
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch

SOURCE = pathlib.Path(__file__).with_name("fused.cpp")
LANES, MOST_STATES = 16, 16
FLAGS = ["-O3", "-march=native", "-ffast-math", "-std=c++17", "-shared", "-fPIC"]


class Sizes(ctypes.Structure):
    """As in fused.cpp."""

    _fields_ = [(name, ctypes.c_int) for name in ("batch", "tokens", "channels", "states", "taps")]


class Weights(ctypes.Structure):
    """As in fused.cpp; its Grads are alike."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("taps", "ar", "ai", "k", "er", "ei", "skip")]


def cpu():
    """What -march=native depends on."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return os.uname().machine
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def compiled():
    """The library's path, built if this source has not been on this processor; nothing without a compiler."""
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        return None
    key = hashlib.sha256(SOURCE.read_bytes() + " ".join([compiler, *FLAGS, cpu()]).encode()).hexdigest()[:16]
    path = pathlib.Path(sys.prefix) / f"fused-{key}.so"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            built = pathlib.Path(folder) / path.name
            done = subprocess.run([compiler, *FLAGS, SOURCE, "-o", built], capture_output=True, text=True)
            if done.returncode != 0:
                return None
            os.replace(built, path)
    return path


@functools.cache
def library():
    """The compiled functions, or nothing; STATESTREAM_PLAIN=1 asks for the plain form."""
    path = None if os.environ.get("STATESTREAM_PLAIN") == "1" else compiled()
    return ctypes.CDLL(str(path)) if path else None


@functools.cache
def workers(count):
    """Threads; ctypes lets go of the interpreter during a call."""
    return concurrent.futures.ThreadPoolExecutor(count)


def serves(config, v):
    """Does the pass compute this block, on these tensors?"""
    fits = config.ssm == "dws" and config.activation == "silu" and config.inner % LANES == 0 and config.num_states <= MOST_STATES
    return fits and v.device.type == "cpu" and v.dtype in (torch.float32, torch.bfloat16) and library() is not None


def pointers(tensors):
    """A `Weights` of these."""
    return Weights(*[tensor.data_ptr() for tensor in tensors])


def call(function, sizes, weights, *rest):
    """Runs it over all channels, a share on each thread."""
    blocks, count = sizes.channels // LANES, torch.get_num_threads()
    edges = [blocks * i // count for i in range(count + 1)]
    arguments = [ctypes.c_void_p(r.data_ptr()) if isinstance(r, torch.Tensor) else ctypes.byref(r) for r in rest]
    share = lambda i: function(ctypes.byref(sizes), ctypes.byref(weights), edges[i], edges[i + 1], *arguments)
    list(workers(count).map(share, range(count)) if count > 1 else [share(0)])


class Middle(torch.autograd.Function):
    """x and gate (b, t, 2i) to z (b, t, i), and the state and history behind; no gradient reaches the ones before."""

    @staticmethod
    def forward(ctx, x, state, history, *weights):
        """state (b, 2, N, i), history (b, 3, i), weights as in fused.cpp; taps may be empty."""
        x, weights = x.contiguous(), [w.detach().contiguous() for w in weights]
        sizes = Sizes(*x.shape[:2], x.shape[2] // 2, weights[1].shape[0], weights[0].numel() > 0)
        z = x.new_empty(*x.shape[:2], sizes.channels)
        state, history = state.contiguous(), history.contiguous()
        behind = torch.empty_like(state), torch.empty_like(history)
        call(library().forward, sizes, pointers(weights), x, state, history, z, *behind)
        ctx.sizes = sizes
        ctx.save_for_backward(x, state, history, *weights)
        ctx.mark_non_differentiable(*behind)
        return z, *behind

    @staticmethod
    def backward(ctx, gz, *_):
        """The gradients of x and the weights."""
        x, state, history, *weights = ctx.saved_tensors
        gx, grads = torch.empty_like(x), [torch.empty_like(w) for w in weights]
        call(library().backward, ctx.sizes, pointers(weights), x, state, history, gz.contiguous(), gx, pointers(grads))
        return gx, None, None, *grads


def middle(block, x, state):
    """The middle of `block`: x and gate (b, t, 2i) to z (b, t, i) and the block's state behind it."""
    ssm = block.ssm_layer
    log_a, k = ssm.discrete()
    a, e = torch.exp(log_a), ssm.E
    taps = block.pre_conv.weight if block.config.conv_taps else x.new_empty(0)
    weights = [taps, *[w.mT for w in (a.real, a.imag, k, e[..., 0], e[..., 1])], block.D]
    before = torch.view_as_real(state["ssm"]).permute(0, 3, 2, 1)
    z, ssm_state, history = Middle.apply(x.float(), before, state["conv"], *weights)
    behind = torch.view_as_complex(ssm_state.permute(0, 3, 2, 1).contiguous())
    return z, {"ssm": behind, "conv": history if block.config.conv_taps else state["conv"]}

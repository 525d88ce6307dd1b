"""A model as a checkpoint that `statestream pack` reads, and back."""

import dataclasses
import json
import os
import pathlib

import torch
from safetensors import SafetensorError, safe_open

import transformer
from errors import UserError
from model import Config, Model


def write_atomically(path, data):
    """The file is the old one or the new one at any moment, whatever is interrupted."""
    path = pathlib.Path(path)
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give another path with --out") from error


def factor(ssm):
    """k / dt of every state: what turns the trained drive into the stored one (see `model.py`)."""
    _, k = ssm.discrete()
    return k / ssm.log_dt.exp()


def driven(config, tensors, factors):
    """`tensors` with E (`dws`) or B (`s5`) of layer i times `factors[i]`."""
    out = dict(tensors)
    for i, states in enumerate(factors):
        name = f"backbone.{i}.ssm_layer.{'E' if config.ssm == 'dws' else 'B'}"
        out[name] = out[name].double() * states[..., None]
    return out


@torch.no_grad()
def tensors(model):
    """Every tensor of the checkpoint by its name, F32."""
    stored = model.state_dict()
    if isinstance(model, Model):
        factors = [factor(block.ssm_layer.double()) for block in copy(model).backbone]
        stored = driven(model.config, stored, factors)
    return {name: tensor.float().cpu().contiguous() for name, tensor in stored.items()}


def copy(model):
    """The same model in new tensors."""
    twin = Model(model.config, model.dropout).to(next(model.parameters()).device)
    twin.load_state_dict(model.state_dict())
    return twin


def fields(config):
    """`config` as the packer wants it: what a kind of block does not have is left out. A transformer's is not for it."""
    if isinstance(config, transformer.Config):
        return dataclasses.asdict(config)
    absent = ("norm", "residual") if config.block == "gated" else ("d_inner",)
    return {name: value for name, value in dataclasses.asdict(config).items() if name not in absent}


def container(stored, metadata):
    """A safetensors file of F32 tensors, in bytes. Ours, because the library's order of the metadata is random, and the
    same run is to give the same bytes."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in sorted(stored.items()):
        raw = tensor.numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def write(path, model, vocab, provenance):
    """Writes the checkpoint; a model with a NaN is refused, as the packer would."""
    stored = tensors(model)
    for name, tensor in stored.items():
        if not tensor.isfinite().all():
            raise UserError(f"tensor `{name}` holds a value that is not finite; train again with another --seed")
    metadata = {"config": json.dumps(fields(model.config)), "vocab": json.dumps(vocab), "provenance": provenance}
    write_atomically(path, container(stored, metadata))


@torch.no_grad()
def read(path, dtype=torch.float32):
    """A checkpoint that `write` wrote: model, vocabulary, provenance."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            stored = {name: file.get_tensor(name).to(dtype) for name in file.keys()}
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: {error}; give a checkpoint that scripts/train/train.py wrote") from error
    try:
        config = json.loads(metadata["config"])
        model = (transformer_of if config.get("arch") == "transformer" else ssm_of)(config, stored, dtype)
        vocab = json.loads(metadata["vocab"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not this trainer's ({reason}); give a checkpoint that scripts/train/train.py wrote") from error
    return model, vocab, metadata.get("provenance", "")


def transformer_of(config, stored, dtype):
    """A transformer of a checkpoint's configuration and tensors."""
    model = transformer.Transformer(transformer.Config(**config)).to(dtype)
    model.load_state_dict(stored)
    return model


def ssm_of(config, stored, dtype):
    """A model of the family, likewise."""
    known = {field.name for field in dataclasses.fields(Config)}
    config = {name: value for name, value in config.items() if name in known}
    model = Model(Config(**{"d_inner": 0, **config})).to(dtype)
    for i, block in enumerate(model.backbone):
        block.ssm_layer.A.copy_(stored[f"backbone.{i}.ssm_layer.A"])
        block.ssm_layer.log_dt.copy_(stored[f"backbone.{i}.ssm_layer.log_dt"])
    factors = [1 / factor(block.ssm_layer) for block in model.backbone]
    model.load_state_dict(driven(model.config, stored, factors))
    return model

"""A new network on a few made-up samples: whether it keeps the contract of `TilefoldNetwork`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tilefold.networks.base import TilefoldNetwork
from tilefold.networks.inputs import argument_names

#: Samples in the batches that a network is tried on; the last batch of an epoch may have one.
ROWS = (3, 1)


class ContractError(ValueError):
    """A network that takes or gives something else than it should."""


def bind_inputs(network: TilefoldNetwork, name: str, inputs: Mapping[str, tuple[int, ...]]) -> None:
    """See that `forward` takes each input, and let it have those that it knows by an older name.

    Parameters
    ----------
    network
        Changed in place where it uses older names.
    name
        What it is called in messages.
    inputs
        Shape of one sample of each input.

    Raises
    ------
    ContractError
        If an input has no argument, or an argument no input.
    """
    own = getattr(network, "_forward", None)
    inherited = type(network).forward is TilefoldNetwork.forward
    signature = inspect.signature(own if inherited and callable(own) else network.forward)
    arguments = argument_names(inputs, signature.parameters)
    try:
        signature.bind(**dict.fromkeys(arguments.values()))
    except TypeError as error:
        raise ContractError(
            f"forward of {name} takes {signature}, expected one keyword argument for each input "
            f"({', '.join(inputs)}): {error}"
        ) from error
    if any(argument != current for current, argument in arguments.items()):
        network.register_forward_pre_hook(partial(_rename, arguments), with_kwargs=True)


def _rename(
    arguments: Mapping[str, str], _: nn.Module, positional: tuple[Any, ...], inputs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return positional, {arguments.get(name, name): value for name, value in inputs.items()}


@torch.no_grad()
def try_forward(network: TilefoldNetwork, inputs: Mapping[str, tuple[int, ...]]) -> None:
    """Run a network on samples of zeros, as it predicts.

    Random numbers and the network's mode are afterwards what they were.

    Raises
    ------
    ContractError
        If it does not return float32 logits (batch, nb_class).
    Exception
        Whatever the network raises.
    """
    mode = network.training
    network.eval()
    try:
        with torch.random.fork_rng(devices=[]):
            for rows in ROWS:
                tensors = {name: torch.zeros(rows, *shape) for name, shape in inputs.items()}
                _check_logits(network(**tensors), rows, network.nb_class)
    finally:
        network.train(mode)


def _check_logits(logits: Any, rows: int, classes: int) -> None:
    expected = f"expected float32 logits (batch, nb_class) = ({rows}, {classes})"
    if not isinstance(logits, Tensor):
        raise ContractError(f"it returns {type(logits).__name__}, {expected}")
    if logits.shape != (rows, classes) or logits.dtype != torch.float32:
        kind = str(logits.dtype).removeprefix("torch.")
        raise ContractError(f"it returns {kind} {tuple(logits.shape)}, {expected}")

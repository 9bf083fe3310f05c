"""Targets that follow the online network as an exponential moving average."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import UserError


def cosine_momentum(initial: float, final: float, iteration: int, iterations: int) -> float:
    """Momentum of step ``iteration`` (from 1) of ``iterations``: ``initial`` at first, then rising.

    ``final - (final - initial) (cos(pi k / K) + 1) / 2`` for the k-th of K steps, counted from 0
    (Grill et al., BYOL, 2020, section 3.3).
    """
    return final - (final - initial) * (math.cos(math.pi * (iteration - 1) / iterations) + 1) / 2


class UpdateTarget:
    """After each optimiser step: ``target = m * target + (1 - m) * online``.

    It listens to the optimiser itself, so neither a batch whose gradients are only accumulated nor
    a step that the loss scaler skips moves the target. The momentum is a function of the iteration
    alone and the target lives in the training network, so a resumed run needs no further state.
    All ranks make the same update from the same weights.

    Parameters are averaged. Buffers (running statistics of batch norm) are not: the target's own
    forward pass keeps them, and they describe its own activations; those of the online network
    would belong to other weights. Run the target in training mode. When a run starts from its
    beginning the target is a copy of the online network, buffers and all.

    Args:
        network: the unwrapped training network, with online modules and targets in it.
        pairs: name of each online module and of its target, ``{"encoder": "target.encoder"}``; make
            the target by :func:`~medssl.networks.target_of`.
        momentum: m, in [0, 1].
        final_momentum: value towards which m rises by a half cosine until the run's last
            iteration; None keeps it constant.

    Raises:
        UserError: a momentum is out of range, or a pair does not name two modules with the same
            parameters.
    """

    def __init__(
        self,
        network: nn.Module,
        pairs: Mapping[str, str],
        momentum: float,
        final_momentum: float | None = None,
    ) -> None:
        self.momentum = momentum
        self.final_momentum = momentum if final_momentum is None else final_momentum
        for name, value in (("momentum", momentum), ("final_momentum", self.final_momentum)):
            if not 0.0 <= value <= 1.0:
                raise UserError(f"{name}: expected a number in [0, 1], got {value}")
        self.online: list[Tensor] = []
        self.target: list[Tensor] = []
        for online, target in pairs.items():
            ours, theirs = _parameters(network, online), _parameters(network, target)
            if {n: p.shape for n, p in ours.items()} != {n: p.shape for n, p in theirs.items()}:
                raise UserError(f"pairs: '{online}' and '{target}' do not have the same parameters")
            self.online += ours.values()
            self.target += (theirs[name] for name in ours)
        self.modules = [
            (network.get_submodule(online), network.get_submodule(target))
            for online, target in pairs.items()
        ]
        self.engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        """Register with the trainer, whose optimiser is there once it starts."""
        engine.add_event_handler(Events.STARTED, self._listen)

    def _listen(self, engine: Engine) -> None:
        if self.engine is None:
            engine.optimizer.register_step_post_hook(self._after_step)
        self.engine = engine
        if engine.state.iteration == 0:  # a hand-over may have come since the target was made
            for online, target in self.modules:
                target.load_state_dict(online.state_dict())

    def momentum_at(self, iteration: int, iterations: int) -> float:
        """Momentum of ``iteration`` (from 1) in a run of ``iterations``."""
        return cosine_momentum(self.momentum, self.final_momentum, iteration, iterations)

    def _after_step(self, optimizer: Optimizer, *_: Any) -> None:
        if self.engine is None:
            return
        # A fused optimiser is called even when the loss scaler found no finite gradients; the
        # weights then stay, and so must the target.
        found_inf = getattr(optimizer, "found_inf", None)
        if found_inf is not None and found_inf.item():
            return
        state = self.engine.state
        momentum = self.momentum_at(state.iteration, state.max_epochs * state.epoch_length)
        with torch.no_grad():
            torch._foreach_lerp_(self.target, self.online, 1.0 - momentum)


def _parameters(network: nn.Module, name: str) -> dict[str, nn.Parameter]:
    try:
        return dict(network.get_submodule(name).named_parameters())
    except AttributeError:
        names = [child for child, _ in network.named_children()]
        raise UserError(f"pairs: the network has no '{name}'; its parts are {names}") from None

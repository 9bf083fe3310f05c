"""Fine-tuning schemes: which part of the network learns, and from when."""

from __future__ import annotations

from ignite.engine import Engine, Events
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.hooks import RemovableHandle

from ..errors import UserError

SCHEMES = ("full", "warmup", "frozen", "probe")


def last_layer(network: nn.Module) -> nn.Module:
    """The convolution or linear layer that gives the logits: the last one by order of definition.

    Raises:
        UserError: the network has none.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv3d | nn.Linear)]
    if not layers:
        raise UserError("network: no convolution or linear layer in it; check network_def")
    return layers[-1]


class FineTuningScheme:
    """Freeze and unfreeze parts of the network by epoch (paper section 5.3, Fig. 8).

    - "full" trains everything from the start.
    - "warmup" keeps the encoder frozen for the first epochs and then goes on with the same
      optimiser: it has held the encoder's parameters all along and skipped them for want of a
      gradient.
    - "frozen" never trains the encoder.
    - "probe" trains the last layer alone, on top of whatever was handed over.

    Frozen parts keep their batch norm in eval mode, so that its running statistics stay those of
    pretraining. What is frozen follows from the epoch alone, so a resumed run needs no state. Under
    ``DistributedDataParallel`` all but "full" need ``find_unused_parameters``.

    Args:
        network: has an ``encoder``.
        scheme: one of ``SCHEMES``.
        warmup_epochs: length of the warmup, 25 in the study.

    Raises:
        UserError: unknown scheme, or a negative length.
    """

    def __init__(self, network: nn.Module, scheme: str = "full", warmup_epochs: int = 25) -> None:
        if scheme not in SCHEMES:
            raise UserError(f"scheme: expected one of {list(SCHEMES)}, got '{scheme}'")
        if warmup_epochs < 0:
            raise UserError(f"warmup_epochs: {warmup_epochs}, expected 0 or more")
        self.scheme, self.warmup_epochs = scheme, warmup_epochs
        self.part = network if scheme == "probe" else network.get_submodule("encoder")
        kept = set(last_layer(network).parameters()) if scheme == "probe" else set()
        self.parameters = [value for value in self.part.parameters() if value not in kept]
        self.frozen = False
        self._hooks: list[RemovableHandle] = []

    def attach(self, engine: Engine) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.STARTED, self._watch)
        engine.add_event_handler(Events.EPOCH_STARTED, self._set_gradients)
        engine.add_event_handler(Events.COMPLETED, self._leave)

    def is_frozen(self, epoch: int) -> bool:
        """Whether the scheme's part stands still in ``epoch`` (counted from 1)."""
        if self.scheme == "warmup":
            return epoch <= self.warmup_epochs
        return self.scheme != "full"

    def _watch(self) -> None:
        # The trainer calls network.train() inside the step; a hook, which runs right before a
        # layer's own forward, undoes it. The layers are looked up now, for a network that is made
        # ready for several GPUs has got new ones.
        norms = [layer for layer in self.part.modules() if isinstance(layer, _BatchNorm)]
        self._hooks = [norm.register_forward_pre_hook(self._keep_eval) for norm in norms]

    def _set_gradients(self, engine: Engine) -> None:
        self.frozen = self.is_frozen(engine.state.epoch)
        for parameter in self.parameters:
            parameter.requires_grad_(not self.frozen)

    def _keep_eval(self, module: nn.Module, _inputs: object) -> None:
        if self.frozen:
            module.eval()

    def _leave(self) -> None:
        """Take the hooks off, so that they bind nothing that comes after training."""
        for hook in self._hooks:
            hook.remove()

"""Fine-tuning schemes: which part of the network learns, and from when."""

from __future__ import annotations

from ignite.engine import Engine, Events
from torch import nn

from ..errors import UserError

SCHEMES = ("full", "warmup", "frozen")


class FineTuningScheme:
    """Freeze and unfreeze the encoder by epoch (paper section 5.3, Fig. 8).

    "full" trains everything from the start; "warmup" keeps the encoder frozen for the first epochs
    and then goes on with the same optimiser state; "frozen" never trains it. A frozen encoder
    keeps its batch norm in eval mode, so that its running statistics stay those of pretraining.
    What is frozen follows from the epoch alone, so a resumed run needs no state.

    Args:
        network: has an ``encoder``.
        scheme: one of ``SCHEMES``.
        warmup_epochs: length of the warmup, 25 in the study.

    Raises:
        UserError: unknown scheme.
    """

    def __init__(self, network: nn.Module, scheme: str = "full", warmup_epochs: int = 25) -> None:
        if scheme not in SCHEMES:
            raise UserError(f"scheme: expected one of {list(SCHEMES)}, got '{scheme}'")
        self.encoder = network.get_submodule("encoder")
        self.scheme, self.warmup_epochs = scheme, warmup_epochs

    def attach(self, engine: Engine) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._set_gradients)
        # The trainer calls network.train() inside the step; undo it for the frozen encoder by a
        # hook, which runs right before the encoder's own forward.
        self.encoder.register_forward_pre_hook(self._keep_eval)
        self.frozen = False

    def is_frozen(self, epoch: int) -> bool:
        """Whether the encoder stands still in ``epoch`` (counted from 1)."""
        return self.scheme == "frozen" or (self.scheme == "warmup" and epoch <= self.warmup_epochs)

    def _set_gradients(self, engine: Engine) -> None:
        self.frozen = self.is_frozen(engine.state.epoch)
        for parameter in self.encoder.parameters():
            parameter.requires_grad_(not self.frozen)

    def _keep_eval(self, module: nn.Module, _inputs: object) -> None:
        if self.frozen:
            module.eval()

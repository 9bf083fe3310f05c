"""Epochs without masks at the start of a pretraining that masks."""

from __future__ import annotations

from typing import Protocol

from ignite.engine import Engine, Events

from ..errors import UserError


class Masks(Protocol):
    """A pretext transform with a probability of masks, as Rubik's cube+ has."""

    mask_rate: float


class UnmaskedEpochs:
    """Train without masks for the first epochs; validation and evaluation mask from the start.

    A network that meets masks first may tell them by their voxels of air and learn nothing else
    (docs/learning.md); one that has learnt what they hide goes on with it. What is masked follows
    from the epoch alone, so a resumed run needs no state. The best validation, which ``keep`` and
    ``patience`` go by, is one of epochs with masks: those before are forgotten when masks begin.

    Args:
        transform: of the training's batches; validation may share it.
        evaluator: validation engine, whose best is forgotten.
        epochs: how many epochs have no masks; 0 masks always, as the study does.

    Raises:
        UserError: no whole number or a negative one, or so many epochs that none is left with
            masks.
    """

    def __init__(self, transform: Masks, evaluator: Engine, epochs: int = 0) -> None:
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
            raise UserError(f"unmasked_epochs: {epochs}, expected a whole number, 0 or more")
        self.transform, self.evaluator, self.epochs = transform, evaluator, epochs
        self.mask_rate = transform.mask_rate

    def attach(self, engine: Engine) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.STARTED, self._check)
        engine.add_event_handler(Events.ITERATION_STARTED, self._begin)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._end)

    def _check(self, engine: Engine) -> None:
        last = engine.state.max_epochs
        if self.epochs and last is not None and self.epochs >= last:
            raise UserError(
                f"unmasked_epochs: {self.epochs} of max_epochs {last} leave no epoch with masks; "
                f"lower it, such as --unmasked_epochs {int(0.6 * last)}"
            )

    def _begin(self, engine: Engine) -> None:
        if engine.state.epoch <= self.epochs + 1 and self.epochs:
            self.evaluator.state.best_metric_epoch = -1  # as MONAI has it before the first
        self.transform.mask_rate = 0.0 if engine.state.epoch <= self.epochs else self.mask_rate

    def _end(self) -> None:
        self.transform.mask_rate = self.mask_rate

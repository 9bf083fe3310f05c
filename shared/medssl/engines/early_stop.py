"""Stop when validation has stopped getting better."""

from __future__ import annotations

from ignite.engine import Engine, Events
from monai.engines import Evaluator

from ..errors import UserError
from ..ranks import is_main
from .key_figure import refuse_no_figure


class EarlyStop:
    """End training once the best key metric is ``patience`` epochs old.

    What decides is the epoch of the best validation, which the checkpoint keeps: a run that is
    started again stops where it would have stopped, and one that had stopped stays so.

    Args:
        evaluator: validation engine; its ``metric_cmp_fn`` says what better means.
        patience: epochs, counted from the best validation; None never stops.

    Raises:
        UserError: patience is below 1.
    """

    def __init__(self, evaluator: Engine, patience: int | None = None) -> None:
        if patience is not None and patience < 1:
            raise UserError(f"patience: {patience}, expected 1 epoch or more, or null for never")
        self.evaluator, self.patience = evaluator, patience

    def attach(self, engine: Engine) -> None:
        """Register with the trainer, after the checkpoint and the validation."""
        if self.patience is not None:
            if isinstance(self.evaluator, Evaluator):
                self.evaluator.add_event_handler(Events.COMPLETED, refuse_no_figure)
            engine.add_event_handler(Events.STARTED, self._stop_if_late)
            engine.add_event_handler(Events.EPOCH_COMPLETED, self._stop_if_late)

    def _stop_if_late(self, engine: Engine) -> None:
        best = self.evaluator.state.best_metric_epoch
        if self.patience is None or best < 1 or engine.state.epoch - best < self.patience:
            return
        if is_main():
            print(f"early stop: no better validation in the {self.patience} epochs since {best}")
        engine.terminate()

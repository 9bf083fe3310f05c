"""A training whose loss is no number stops at once and says on which scans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from ..errors import UserError

# Looking at a loss waits for the device, so on a GPU several are looked at together.
_TOGETHER = 10
# A loss scaler finds its scale by overflowing; that must not last.
_WITH_SCALER = 3
_SHOWN = 4


class StopNonFinite:
    """Stop the trainer at a loss that is NaN or infinite.

    On a CPU every step is looked at, on a GPU every tenth and each epoch's end. With a loss scaler
    (fp16) three such steps in a row stop the run. Each rank looks at its own loss; the launcher
    ends the others. Nothing is saved of such a step: :class:`~.checkpoint.Checkpoint` and
    :class:`~.model_file.SaveModel` refuse weights that are not finite.

    Raises:
        UserError: in the run, naming step, epoch and the scans of the batch.
    """

    def __init__(self) -> None:
        self.pending: list[tuple[int, int, Tensor, list[str]]] = []
        self.in_a_row = 0

    def attach(self, engine: Engine) -> None:
        """Register with a trainer, on every rank."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._look)

    def _collect(self, engine: Engine) -> None:
        output = engine.state.output
        loss = torch.as_tensor((output[0] if isinstance(output, list) else output)["loss"]).detach()
        state = engine.state
        self.pending.append((state.iteration, state.epoch, loss, names_of(state.batch)))
        if loss.device.type == "cpu" or len(self.pending) >= _TOGETHER:
            self._look(engine)

    def _look(self, engine: Engine) -> None:
        pending, self.pending = self.pending, []
        if not pending:
            return
        losses = torch.stack([loss for _, _, loss, _ in pending]).float()
        allowed = _WITH_SCALER if getattr(engine, "scaler", None) else 1
        for (step, epoch, _, names), value in zip(pending, losses.tolist(), strict=True):
            bad = not torch.isfinite(torch.tensor(value))
            self.in_a_row = self.in_a_row + 1 if bad else 0
            if self.in_a_row >= allowed:
                where = f" on {', '.join(names)}" if names else ""
                raise UserError(
                    f"loss: {value} at step {step} (epoch {epoch}){where}; nothing of it was "
                    "saved: lower learning_rate, set amp off, or look at these scans, and start "
                    "the same command again in another --output_dir"
                )


def names_of(batch: Any) -> list[str]:
    """Ids of the scans in a batch, each once, the first few of them."""
    cases = batch.get("case", []) if isinstance(batch, Mapping) else []
    names = list(dict.fromkeys(str(case) for case in cases))
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return names[:_SHOWN] + more

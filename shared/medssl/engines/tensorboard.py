"""TensorBoard curves with the bundles' defaults."""

from __future__ import annotations

from pathlib import Path

from ignite.engine import Engine
from monai.engines import Trainer
from monai.handlers import TensorBoardStatsHandler
from torch import Tensor

from ..ranks import is_main

LOSS_INTERVAL = 10


class TensorBoardLog:
    """MONAI's ``TensorBoardStatsHandler`` on the main rank, created when an engine takes it.

    A trainer logs its loss every ten iterations, an evaluator its metrics.

    Args:
        output_dir: folder the event files are written to.
    """

    def __init__(self, output_dir: str | Path) -> None:
        self.output_dir = str(Path(output_dir))

    def attach(self, engine: Engine) -> None:
        """Register with a trainer or an evaluator."""
        if is_main():
            TensorBoardStatsHandler(
                log_dir=self.output_dir,
                iteration_log=LOSS_INTERVAL if isinstance(engine, Trainer) else False,
                tag_name="train_loss",
                output_transform=_loss,
            ).attach(engine)


def _loss(output: object) -> Tensor:
    return output[0]["loss"] if isinstance(output, list) else output["loss"]  # type: ignore[index]

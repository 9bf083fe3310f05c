"""TensorBoard curves with the bundles' defaults."""

from __future__ import annotations

import os
import platform
import time
from itertools import count
from pathlib import Path

from ignite.engine import Engine, Events
from monai.engines import Trainer
from monai.handlers import TensorBoardStatsHandler
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.summary.writer.record_writer import RecordWriter
from torch import Tensor
from torch.utils.tensorboard.summary import scalar

from ..files import make_folder, writing
from ..ranks import is_main
from ..store.lock import refuse_gone

LOSS_INTERVAL = 10
_VERSION = "brain.Event:2"  # of the format, in a file's first record
_numbers = count()


class EventFile:
    """An event file of scalars: as much of ``SummaryWriter`` as the handler calls.

    PyTorch's own writes from a thread, which prints a traceback of its own where it cannot write.

    Args:
        folder: of the file, which is there from the first :meth:`flush` on.
    """

    def __init__(self, folder: Path) -> None:
        name = f"{int(time.time()):010}.{platform.node()}.{os.getpid()}.{next(_numbers)}"
        self.path = folder / f"events.out.tfevents.{name}"
        self._pending = [Event(wall_time=time.time(), file_version=_VERSION)]

    def add_scalar(self, tag: str, value: float | Tensor, step: int) -> None:
        """Note a point of a curve."""
        summary = scalar(tag, value)
        self._pending.append(Event(wall_time=time.time(), step=step, summary=summary))

    def begin(self, step: int) -> None:
        """Let readers forget what earlier files say of this step and those after it."""
        log = SessionLog(status=SessionLog.START)
        self._pending.append(Event(wall_time=time.time(), step=step, session_log=log))

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            UserError: there is no room, or the folder is gone or may not be written.
        """
        refuse_gone(self.path.parent)
        make_folder(self.path.parent)
        with writing(self.path), self.path.open("ab") as stream:
            for event in self._pending:
                RecordWriter(stream).write(event.SerializeToString())
        self._pending.clear()


class TensorBoardLog:
    """MONAI's ``TensorBoardStatsHandler`` on the main rank, created when an engine takes it.

    A trainer logs its loss every ten iterations, an evaluator its metrics.

    Args:
        output_dir: folder the event files are written to.
    """

    def __init__(self, output_dir: str | Path) -> None:
        self.output_dir = Path(output_dir)

    def attach(self, engine: Engine) -> None:
        """Register with a trainer or an evaluator."""
        if is_main():
            events = EventFile(self.output_dir)
            if isinstance(engine, Trainer):  # an evaluator's steps are epochs
                _begin_where_it_goes_on(engine, events)
            TensorBoardStatsHandler(
                summary_writer=events,
                iteration_log=LOSS_INTERVAL if isinstance(engine, Trainer) else False,
                tag_name="train_loss",
                output_transform=_loss,
            ).attach(engine)


def _begin_where_it_goes_on(trainer: Engine, events: EventFile) -> None:
    """A run that was killed repeats the steps since its checkpoint."""

    def begin() -> None:
        if trainer.state.iteration > 1:
            events.begin(trainer.state.iteration)
        first.remove()

    first = trainer.add_event_handler(Events.ITERATION_STARTED, begin)


def _loss(output: object) -> Tensor:
    return output[0]["loss"] if isinstance(output, list) else output["loss"]  # type: ignore[index]

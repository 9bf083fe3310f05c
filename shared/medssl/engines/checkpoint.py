"""Kill a run at any moment; the same command goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader

from ..errors import UserError
from ..ranks import is_main
from ..store.lock import refuse_gone, release_folder
from ..weights import load_torch, refuse_non_finite, save_torch
from .extension import go_over
from .interrupt import StopOnSignal
from .model_file import missing_files
from .provenance import CHECKPOINT
from .run_state import refuse_other_run, run_hash
from .sampling import EpochStream
from .trace import TRACE, TrainingLog
from .whole_trace import refuse_other_trace, trace_so_far


class Checkpoint:
    """Write ``checkpoint.pt`` atomically and load it when the trainer starts.

    It holds network, optimiser, scheduler and whatever else ``state`` names, the loss scaler, the
    best validation metric, torch's random state and the iteration. With the sampler set to that
    iteration the rest of the run is bit-equal to an uninterrupted one.

    After SIGTERM or SIGINT the checkpoint is written at the end of the step, see
    :class:`~.interrupt.StopOnSignal`. Where the run was planned with another number of epochs, the
    scheduler goes over to the new one.

    An epoch's end is saved when the next epoch begins (or the run completes): only then have all
    handlers of the epoch's end, the scheduler among them, done their work.

    Args:
        output_dir: folder of the run.
        state: named objects with ``state_dict`` and ``load_state_dict``.
        loader: the training loader, made by :func:`~.sampling.stream_loader`.
        evaluator: validation engine whose best metric is kept, or None.
        every: iterations between two checkpoints within an epoch.
    """

    def __init__(
        self,
        output_dir: str | Path,
        state: Mapping[str, Any],
        loader: DataLoader[Any],
        evaluator: Engine | None = None,
        every: int = 200,
    ) -> None:
        self.path = Path(output_dir) / CHECKPOINT
        self.state = dict(state)
        if not isinstance(loader.batch_sampler, EpochStream):
            raise UserError("Checkpoint: the loader needs an EpochStream as its batch sampler")
        self.sampler = loader.batch_sampler
        self.evaluator = evaluator
        self.every = every
        self.finished = False
        self.stop = StopOnSignal(self.path)

    def attach(self, engine: Engine) -> None:
        """Register with the trainer."""
        engine.add_event_handler(Events.STARTED, self.load)
        if is_main():
            engine.add_event_handler(
                Events.ITERATION_COMPLETED(every=self.every), self._save_in_epoch
            )
            engine.add_event_handler(Events.EPOCH_STARTED, self._save_between_epochs)
            engine.add_event_handler(Events.COMPLETED, self._save_at_end)
        self.stop.attach(engine)

    def _save_in_epoch(self, engine: Engine) -> None:
        if engine.state.iteration % engine.state.epoch_length:
            self.save(engine)

    def _save_between_epochs(self, engine: Engine) -> None:
        iteration = engine.state.iteration
        if iteration > self.sampler.start and iteration % engine.state.epoch_length == 0:
            self.save(engine)

    def _save_at_end(self, engine: Engine) -> None:
        self.finished = self.stop.received is None
        self.save(engine)
        release_folder(self.path.parent)

    def save(self, engine: Engine) -> None:
        """Write the checkpoint of the iteration just completed.

        Raises:
            UserError: weights are not finite, and the checkpoint from before stays; or the run's
                folder is gone.
        """
        refuse_gone(self.path.parent)
        if "network" in self.state:
            weights, step = self.state["network"].state_dict(), engine.state.iteration
            refuse_non_finite(weights, f"{self.path}, not saved after step {step}")
        if log := TrainingLog.of(engine):
            log.store()  # so that the trace never has a gap
        trace = trace_so_far(log.path) if log else None
        content: dict[str, Any] = {
            "iteration": engine.state.iteration,
            "epoch_length": engine.state.epoch_length,
            "max_epochs": engine.state.max_epochs,
            "finished": self.finished,
            "run": run_hash(self.path.parent),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "scaler": engine.scaler.state_dict() if engine.scaler else {},
            "best": self._best(),
            "trace": trace,
            "state": {name: item.state_dict() for name, item in self.state.items()},
        }
        save_torch(self.path, content)

    def _best(self) -> dict[str, Any]:
        if self.evaluator is None:
            return {}
        best = self.evaluator.state.best_metric
        return {
            "metric": float(best),
            "epoch": self.evaluator.state.best_metric_epoch,
        }

    def load(self, engine: Engine) -> None:
        """Restore everything from ``checkpoint.pt``, when there is one.

        Raises:
            UserError: the file is damaged or belongs to another configuration, the run's weights
                are gone and would not come again, or its trace is not that of the steps done.
        """
        if not self.path.is_file():
            return
        content = load_torch(self.path)
        refuse_other_run(self.path, content)
        try:
            trace = content["trace"]
            self._restore(engine, content)
        except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            reason = str(error).strip().splitlines()[0][:120]
            raise UserError(
                f"{self.path}: does not fit this run ({reason}); delete it to start again or "
                "choose another output_dir"
            ) from error
        refuse_other_trace(self.path.with_name(TRACE), trace)
        self.finished = self._is_finished(engine, content)
        self._tell(engine.state.iteration)

    def _restore(self, engine: Engine, content: Mapping[str, Any]) -> None:
        if content["epoch_length"] != engine.state.epoch_length:
            raise ValueError(f"its epoch has {content['epoch_length']} iterations")
        longer = content["max_epochs"] != engine.state.max_epochs
        schedules = [name for name in self.state if isinstance(self.state[name], LRScheduler)]
        for name in [*(name for name in self.state if name not in schedules), *schedules]:
            if longer and name in schedules:
                go_over(self.state[name], content["state"][name])
            else:
                self.state[name].load_state_dict(content["state"][name])
        if engine.scaler and content["scaler"]:
            engine.scaler.load_state_dict(content["scaler"])
        if self.evaluator is not None and content["best"]:
            self.evaluator.state.best_metric = content["best"]["metric"]
            self.evaluator.state.best_metric_epoch = content["best"]["epoch"]
        torch.set_rng_state(content["rng"])
        if content["cuda_rng"] and len(content["cuda_rng"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(content["cuda_rng"])
        iteration = content["iteration"]
        engine.state.iteration = iteration
        engine.state.epoch = iteration // engine.state.epoch_length
        self.sampler.start = iteration

    @staticmethod
    def _is_finished(engine: Engine, content: Mapping[str, Any]) -> bool:
        """At its last epoch, or stopped early and not asked to go on for longer."""
        stopped = content["finished"] and content["max_epochs"] >= engine.state.max_epochs
        return bool(stopped or engine.state.epoch >= engine.state.max_epochs)

    def _tell(self, iteration: int) -> None:
        folder = self.path.parent
        gone = missing_files(folder, self.finished)
        if gone:
            raise UserError(
                f"{folder}: this run is {'finished' if self.finished else 'half done'}, but "
                f"{' and '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone or damaged; put "
                "back what was written, or delete that folder to train again"
            )
        if not is_main():
            return
        if self.finished:
            print(f"{folder}: this run is finished, nothing to do")
        else:
            print(f"{self.path}: going on after iteration {iteration}")

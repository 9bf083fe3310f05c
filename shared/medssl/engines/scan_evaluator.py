"""Inference over many scans: a bad one is named, the others are done."""

from __future__ import annotations

import sys
from typing import Any

from monai.engines import SupervisedEvaluator

from ..errors import UnwritableError, UserError
from ..sources.raw_scans import BROKEN, REASON
from ..sources.scan_names import NAME

_SHOWN = 10


class ScanEvaluator(SupervisedEvaluator):
    """MONAI's evaluator over a :class:`~medssl.sources.RawScans`, which may hold bad scans.

    A scan that could not be read, or that the inferer refuses, is named on stderr in one line and
    leaves an empty batch; handlers see nothing of it.

    Raises:
        UserError: at the end of :meth:`run`, some scans could not be processed; at once, where
            results cannot be written.
    """

    left_out: list[str]

    def run(self, global_epoch: int = 1) -> None:
        """Process all scans that can be.

        Raises:
            UserError: some could not; the line says how many and which.
        """
        self.left_out = []
        super().run(global_epoch)
        if self.left_out:
            some = ", ".join(self.left_out[:_SHOWN])
            more = f" and {len(self.left_out) - _SHOWN} more" * (len(self.left_out) > _SHOWN)
            raise UserError(
                f"{len(self.left_out)} of {self.state.iteration} scans could not be processed: "
                f"{some}{more}; the reasons stand above, all others are done"
            )

    def _iteration(self, engine: Any, batchdata: dict[str, Any]) -> Any:
        if BROKEN in batchdata:
            return self._leave_out(batchdata[BROKEN][0], batchdata[REASON][0])
        try:
            return super()._iteration(engine, batchdata)
        except UnwritableError:  # no other scan would fare better
            raise
        except UserError as error:
            return self._leave_out(batchdata["image"].meta[NAME][0], str(error))

    def _leave_out(self, name: str, reason: str) -> list[Any]:
        print(f"medssl: {reason}", file=sys.stderr, flush=True)
        self.left_out.append(name)
        self.state.batch = []
        return []

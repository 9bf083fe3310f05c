"""One CSV row for each case of an evaluation, whatever the case is called."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from typing import Any

from ignite.engine import Engine
from monai.handlers import MetricsSaver

from ..errors import UserError


class CaseTables(MetricsSaver):
    """MONAI's ``MetricsSaver``, whose rows keep one name each.

    Names with a comma or quotes are quoted as CSV has it, so that ``Doe, John`` and ``Doe, Jane``
    are two rows of as many columns as the head. Means of nothing (a class that is nowhere) are
    ``nan`` without numpy's warnings.

    Raises:
        UserError: when it runs: two cases of one name.
    """

    def _get_filenames(self, engine: Engine) -> None:
        before = len(self._filenames)
        super()._get_filenames(engine)
        self._filenames[before:] = [_quoted(name) for name in self._filenames[before:]]

    def __call__(self, engine: Engine) -> None:
        """Write the tables."""
        counts: Counter[str] = Counter(self._filenames)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise UserError(
                f"data: {len(twice)} names are those of several cases, such as {twice[0]}; their "
                "rows could not be told apart: give each item an id of its own"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            super().__call__(engine)


def _quoted(name: Any) -> str:
    """A CSV field."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([name])
    return stream.getvalue()

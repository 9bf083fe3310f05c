"""One CSV row for each case of an evaluation, whatever the case is called."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ignite.engine import Engine
from monai.handlers import MetricsSaver

from ..errors import UserError
from ..ranks import is_main
from .evaluation import note_table

KINDS = ("raw", "summary")


class CaseTables(MetricsSaver):
    """MONAI's ``MetricsSaver``, whose rows keep one name each.

    Names with a comma or quotes are quoted as CSV has it, so that ``Doe, John`` and ``Doe, Jane``
    are two rows of as many columns as the head. Means of nothing (a class that is nowhere) are
    ``nan`` without numpy's warnings.

    Args:
        classes: their names, which head the columns; None numbers them from ``class0`` as MONAI
            does, which is no number of a class or of a label.
        options: of ``MetricsSaver``.

    Raises:
        UserError: when it runs: two cases of one name.
    """

    def __init__(self, *args: Any, classes: Sequence[str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.classes = classes

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
        details, wanted = getattr(engine.state, "metric_details", {}), self.metric_details or ()
        if is_main():
            self._forget_earlier(details)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            super().__call__(engine)
        if self.classes is not None and is_main():
            self._name_classes(details)
        for metric in details:
            if "*" in wanted or metric in wanted:
                note_table(engine, Path(self.save_dir) / f"{metric}_raw.csv")

    def _forget_earlier(self, details: Iterable[str]) -> None:
        """Remove what MONAI would write into: a link's other end, too, which is not ours."""
        tables = [f"{metric}_{kind}.csv" for metric in details for kind in KINDS]
        for name in ("metrics.csv", *tables):
            (Path(self.save_dir) / name).unlink(missing_ok=True)

    def _name_classes(self, details: Iterable[str]) -> None:
        """Put the names into the tables that MONAI has written."""
        names = {f"class{number}": name for number, name in enumerate(self.classes or ())}
        for metric in details:
            raw, summary = (Path(self.save_dir) / f"{metric}_{kind}.csv" for kind in KINDS)
            if raw.is_file():  # names of cases may hold anything
                head, *rows = raw.read_bytes().split(b"\n", 1)
                words = ",".join(names.get(word, word) for word in head.decode().split(","))
                raw.write_bytes(b"\n".join([words.encode(), *rows]))
            if summary.is_file():
                lines = [line.split(",") for line in summary.read_text("utf-8").splitlines()]
                text = "".join(",".join([names.get(w, w), *x]) + "\n" for w, *x in lines)
                summary.write_text(text, "utf-8")


def _quoted(name: Any) -> str:
    """A CSV field."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([name])
    return stream.getvalue()

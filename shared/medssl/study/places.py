"""Where things lie, left out of what a report says: it is the same on every machine."""

from __future__ import annotations

import re
from pathlib import Path

from .runs import Plan

_BEGIN = r"(?<![\w./-])"  # of a path
_FOLDERS = re.compile(rf"{_BEGIN}/(?:[^\s/:,]+/)+")  # of any other absolute path


def without_folders(text: str, plan: Plan, study: Path) -> str:
    """A message with files by their last names alone, whosever folders they are in.

    Args:
        text: such as an error, with whole paths.
        plan: whose data and configs are shortened to their own names.
        study: folder of the study, from which what lies beneath it is told.
    """
    for place in (study.absolute(), study):
        text = re.sub(rf"{_BEGIN}{re.escape(str(place))}/", "", text)
    for run in plan.runs.values():
        text = text.replace(run.data, Path(run.data).name)
        for file in run.files:
            text = text.replace(file, "/".join(Path(file).parts[-3:]))
    return _FOLDERS.sub(".../", text)

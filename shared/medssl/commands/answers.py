"""What commands of ``medssl analyse`` share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fire.parser import DefaultParseValue

from ..errors import UserError
from ..files import write_json
from ..paths import PATHS

# Of evaluations, prepared folders, runs, studies and bundles: what is read, and not to be replaced.
OTHERS = (
    "metrics.json",
    "datalist.json",
    "manifest.json",
    "dataset.json",
    "result.json",
    "plan.json",
    "metadata.json",
    "provenance.json",
)


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and lists among options: beside words without a name, fire leaves them as text."""
    return {
        key: DefaultParseValue(value) if isinstance(value, str) and key not in PATHS else value
        for key, value in options.items()
    }


def keep(content: Any, path: str | None) -> None:
    """Write JSON where a file is named; what is no number (NaN) becomes null.

    Raises:
        UserError: the name is that of another kind of file, or of one that something else rests on.
    """
    if path is not None:
        if Path(path).suffix != ".json" or Path(path).name in OTHERS:
            raise UserError(f"--json: {path}, expected a name such as answer.json")
        write_json(Path(path), _plain(content))


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content

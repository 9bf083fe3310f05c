"""What commands of ``medssl analyse`` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fire.parser import DefaultParseValue

from ..files import write_json
from ..paths import PATHS


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and lists among options: beside words without a name, fire leaves them as text."""
    return {
        key: DefaultParseValue(value) if isinstance(value, str) and key not in PATHS else value
        for key, value in options.items()
    }


def keep(content: Any, path: str | None) -> None:
    """Write JSON where a file is named."""
    if path is not None:
        write_json(Path(path), content)

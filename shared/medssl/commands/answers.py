"""What commands of ``medssl analyse`` share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fire.parser import DefaultParseValue

from .. import __version__
from ..errors import UserError
from ..files import refuse_to_replace, write_json
from ..paths import PATHS

MARK = "medssl_answer"  # first key of an answer: the version that wrote it


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and lists among options: beside words without a name, fire leaves them as text."""
    return {
        key: DefaultParseValue(value) if isinstance(value, str) and key not in PATHS else value
        for key, value in options.items()
    }


def refuse_others(json: str | None, picture: str | None = None) -> None:
    """Refuse, ahead of the work, to write an answer where it cannot go or over another file.

    Args:
        json: where it goes, an earlier answer's place or a new one.
        picture: where its picture goes.

    Raises:
        UserError: the name is none of such a file, or there is something else.
    """
    if json is not None:
        path = Path(json)
        if path.suffix != ".json":
            raise UserError(f"--json: {json}, expected a name such as answer.json")
        refuse_to_replace(path, _is_answer, "answer that this version has written")
    if picture is not None:
        from ..analysis.pictures import check_name

        check_name(Path(picture))


def keep(content: Mapping[str, Any], path: str | None) -> None:
    """Write JSON where a file is named; what is no number (NaN) becomes null.

    Raises:
        UserError: see :func:`refuse_others`.
    """
    refuse_others(path)
    if path is not None:
        write_json(Path(path), {MARK: __version__, **_plain(content)})


def _is_answer(head: bytes) -> bool:
    return head.lstrip(b"{ \r\n\t").startswith(f'"{MARK}"'.encode())


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content

"""Code in a run's record that its bundle does not have: a record is resolved as a config is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...engines.identity import RUN, flatten
from ...forms import COMPONENT, code_in
from ..bundles import read_json, tell_of_code
from .run_folder import RunRecord

_SHOWN = 100


def tell_of_foreign_code(run: RunRecord, bundle: Path) -> None:
    """Say on standard error which code is about to run that is not this library's.

    Its own are the expressions and components of the configs of its own bundles. A run that was
    started with others has them in its ``run.json``.

    Args:
        run: whose configuration will be resolved.
        bundle: folder of its bundle.
    """
    configs = bundle / "configs"
    tell_of_code(configs)
    known = {item for path in configs.glob("*.json") for item in _code(flatten(read_json(path)))}
    if foreign := [f"{key}: {text}" for key, text in _code(run.leaves) if (key, text) not in known]:
        more = f" and {len(foreign) - 1} more" if foreign[1:] else ""
        print(
            f"running the code in {run.folder / RUN} that {bundle.name} does not have: "
            f"{foreign[0][:_SHOWN]!r}{more}",
            file=sys.stderr,
            flush=True,
        )


def _code(leaves: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Leaves that are run: expressions, also in lists, and names of what is called."""
    return [
        (key, str(value))
        for key, value in leaves.items()
        if key.split("::")[-1] == COMPONENT or code_in(value, key)
    ]

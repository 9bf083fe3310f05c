"""Weights that a handler of MONAI loads when a run starts, past the hand-over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..engines.running import current_config

_LOADER = "CheckpointLoader"


def continued_from() -> Path | None:
    """The file that the running bundle's trainer goes on from, as in a round of MONAI Label.

    Returns:
        ``load_path`` of the first ``CheckpointLoader`` among ``train#handlers``; None without one.
    """
    train = current_config().get("train")
    handlers = train.get("handlers") if isinstance(train, Mapping) else None
    for handler in handlers if isinstance(handlers, list) else ():
        if isinstance(handler, Mapping) and str(handler.get("_target_")).endswith(_LOADER):
            path = Path(str(handler.get("load_path")))
            return path if path.is_file() else None
    return None

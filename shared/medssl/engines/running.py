"""The configuration of the bundle being run, which MONAI hands to no component."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow

from ..files import read_object


def current_parser() -> ConfigParser | None:
    """The parser of the bundle being run.

    MONAI hands it to no component, so it is taken from the workflow on the call stack; None when
    no workflow is running.
    """
    frame = inspect.currentframe()
    while frame is not None:
        workflow = frame.f_locals.get("self")
        if isinstance(workflow, ConfigWorkflow):
            parser: ConfigParser = workflow.parser
            return parser
        frame = frame.f_back
    return None


def current_config() -> dict[str, Any]:
    """The merged configuration (overlays and overrides applied) of the bundle being run."""
    parser = current_parser()
    return {} if parser is None else dict(parser.config)


def current_bundle() -> Path | None:
    """Folder of the bundle being run; None where none is."""
    return bundle_of(current_parser())


def bundle_of(parser: ConfigParser | None) -> Path | None:
    """Folder of the bundle that a config belongs to; None where it does not say."""
    if parser is None or parser.config.get("bundle_root") is None:
        return None
    return Path(str(parser.get_parsed_content("bundle_root"))).resolve()


def current_task() -> str | None:
    """What the bundle being run is for, see :func:`task_of`; None where none is."""
    bundle = current_bundle()
    return None if bundle is None else task_of(bundle)


def task_of(bundle: Path) -> str | None:
    """What a bundle is for: ``task`` of its ``metadata.json``, as far as it has one.

    Raises:
        UserError: a damaged ``metadata.json``.
    """
    path = bundle / "configs" / "metadata.json"
    if not path.is_file():
        return None
    task = read_object(path, "take that of a bundle like it").get("task")
    return None if task is None else str(task)


def current_values(keys: Sequence[str]) -> dict[str, Any]:
    """What those of these top-level keys stand for that the bundle being run has."""
    return values_of(current_parser(), keys)


def values_of(parser: ConfigParser | None, keys: Sequence[str]) -> dict[str, Any]:
    """What those of these top-level keys stand for that a config has."""
    there = [] if parser is None else [key for key in keys if key in parser.config]
    return {key: parser.get_parsed_content(key) for key in there} if parser else {}


def planned_epochs() -> int | None:
    """Epochs that the trainer of the bundle being run is to train; None where nothing says so."""
    if (parser := current_parser()) is not None:
        for key in ("train#trainer#max_epochs", "max_epochs"):
            if key in parser:
                return int(parser.get_parsed_content(key))
    return None

"""Finding bundles and reading their JSON."""

from __future__ import annotations

import functools
import logging
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser

from ..engines.config_parts import no_parts
from ..engines.guard import did_you_mean, has_key, unchecked_precision, unfit_parts
from ..engines.sizes import wrong_sizes
from ..engines.switches import meant, no_switches, said
from ..engines.usable import no_numbers, no_values, unusable
from ..engines.written import refuse_misread_yaml
from ..errors import UserError, one_line
from ..files import read_object
from ..paths import as_written

Config = dict[str, Any]
_LIBRARY = __name__.split(".")[0].split("_")[0]
_OURS = Path(__file__).resolve().parents[3] / "bundles"  # where the library is not a release's own


def evaluation_beside(train: str | Path) -> str:
    """The config of a bundle's evaluation, which is laid over that of its training."""
    return str(Path(train).with_name("evaluate.json"))


def find_bundles(folder: str | Path | None = None, pattern: str = "*") -> list[Path]:
    """The bundle folders in ``folder``, by default in ``bundles`` beside the installed library.

    Args:
        folder: where to look.
        pattern: glob pattern of the names, for example ``pretrain_*``.

    Raises:
        UserError: no bundle there.
    """
    root = _OURS if folder is None else Path(folder)
    found = sorted(path.parents[1] for path in root.glob(f"{pattern}/configs/metadata.json"))
    if not found:
        raise UserError(f"{root}: no bundle {pattern} in it; name their folder with --bundles DIR")
    return found


def read_json(path: Path) -> Config:
    """Read a JSON object.

    Raises:
        UserError: the file is missing, or is no JSON object.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    return read_object(path, "mend it, or put back what was there")


def config_files(config: str | Path | Sequence[str]) -> list[Path]:
    """Config files to merge, from one path, a list of paths or a bundle's folder.

    Raises:
        UserError: one of them does not exist.
    """
    paths = [Path(config)] if isinstance(config, str | Path) else [Path(name) for name in config]
    paths = [path / "configs" / "train.json" if path.is_dir() else path for path in paths]
    for path in paths:
        if not path.is_file():
            raise UserError(f"{path}: no such config; expected a bundle's folder or its train.json")
    return paths


def read_config(config: str | Path | Sequence[str]) -> ConfigParser:
    """Parser over the merged files, ``bundle_root`` set to the first one's bundle.

    Whoever resolves it runs what is in them, which is told on standard error where they come from
    elsewhere.

    Raises:
        UserError: one of them is not there, is no JSON or YAML of an object, or has a part that is
            none.
    """
    paths = config_files(config)
    for path in paths:
        _check_readable(path)
    parser = ConfigParser()
    parser.read_config([str(path) for path in paths])
    if wrong := no_parts(parser.config):
        raise UserError(f"{', '.join(map(str, paths))}: {'; '.join(wrong)}")
    parser["bundle_root"] = as_written("bundle_root", str(paths[0].resolve().parents[1]))
    for folder in _folders(paths):
        tell_of_code(folder)
        _make_importable(folder.parent)
    return parser


def _folders(files: Sequence[str | Path]) -> set[Path]:
    return {Path(file).resolve().parent for file in files}


def _make_importable(bundle: Path) -> None:
    """Let a packed bundle's configs name the library it brings along, as MONAI's ``run`` does."""
    if _brings_library(bundle) and str(bundle) not in sys.path:
        sys.path.insert(1, str(bundle))


def _brings_library(bundle: Path) -> bool:
    return any(bundle.glob(f"{_LIBRARY}_*/__init__.py"))


def tell_of_code(configs: Path) -> None:
    """Say once on standard error that configs are about to run which are not this checkout's own.

    Args:
        configs: their folder. A bundle that brings its library along was packed elsewhere.
    """
    _tell_of_code(configs.resolve())


@functools.cache
def _tell_of_code(folder: Path) -> None:
    if _brings_library(folder.parent) or not folder.is_relative_to(_OURS):
        print(f"running the code of the configs in {folder}", file=sys.stderr, flush=True)


def _check_readable(path: Path) -> None:
    refuse_misread_yaml([str(path)])
    try:
        content = ConfigParser.load_config_file(str(path))
    except Exception as error:  # PyYAML, which need not be there, has its own
        raise UserError(f"{path}: no valid config ({one_line(error)}); mend it") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected an object, got {type(content).__name__}; mend it")


def override(parser: ConfigParser, overrides: Mapping[str, Any]) -> None:
    """Set keys of the config as ``monai.bundle run`` does, but only such as exist.

    Raises:
        UserError: see :func:`checked_overrides`.
    """
    values = checked_overrides(parser.config, overrides)
    parser.update({key: as_written(key, value) for key, value in values.items()})


def run_here(files: Sequence[str], keys: Mapping[str, Any]) -> None:
    """Run config files in this process, without MONAI's notes on each argument.

    Keys are checked as the command line checks them, which MONAI does not do in a process. Code
    from elsewhere is told on standard error before it runs.

    Args:
        files: configs to merge.
        keys: set on top of them; paths as they are written.

    Raises:
        UserError: one of the files is no JSON or YAML of an object, or see
            :func:`checked_overrides` and :func:`refuse_sizes`.
        RuntimeError: of MONAI, around what a component raised.
    """
    from monai.bundle import run

    for file in files:
        _check_readable(Path(file))
    given = {key: str(v) if isinstance(v, Path) else v for key, v in keys.items()}
    config = ConfigParser.load_config_files(list(files))
    values = checked_overrides(config, given)
    refuse_sizes(config, values)
    for folder in _folders(files):
        tell_of_code(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            # Of other arguments MONAI drops those that are None, where null is meant.
            written: Any = {key: as_written(key, value) for key, value in values.items()}
            run(config_file=list(files), logging_file=False, args_file=written)
        finally:
            logging.disable(logging.NOTSET)


def refuse_sizes(config: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Refuse what the bundle's own run refuses; an analysis may look at smaller crops.

    Args:
        config: the config files, merged, with nothing resolved.
        values: set on top of them.

    Raises:
        UserError: a size that the network cannot take.
    """
    if wrong := wrong_sizes(config, values):
        raise UserError("; ".join(wrong))


def checked_overrides(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What keys are set to; refused is what MONAI would add or take without a word.

    As on the command line.

    Args:
        config: the config files, merged, with nothing resolved.
        overrides: values by key; of text, true, false and null are what JSON means by them.

    Raises:
        UserError: the config has no such key, or none that a value refers to, an empty value, text
            where it has a number or true or false, a value of the kind that no run can start with,
            or a precision that goes round ``amp``.
    """
    for name in overrides:
        if not has_key(config, name):
            raise UserError(f"--{name}: no such key in the config{did_you_mean(name, config)}")
    if wrong := no_values(overrides):
        raise UserError("; ".join(wrong))
    given = {key: meant(config, key, value) for key, value in overrides.items()}
    values = {**said(config), **given}
    texts = {key: str(value) for key, value in values.items()}
    wrong = unusable(texts) or no_switches(config, values)
    if wrong := wrong or no_numbers(config, values) or unfit_parts(config, values):
        raise UserError("; ".join(wrong))
    if reason := unchecked_precision(config, values):
        raise UserError(reason)
    return values

"""The YAML file of a study: read, laid over the one it starts from, checked against the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from ..engines.guard import did_you_mean
from ..errors import UserError
from ..yaml_text import read_yaml

GUIDE = "docs/how-to/study.md"
SCHEMA = Path(__file__).with_name("schema.json")
BASE = "base"
_ENTRIES = 2  # how deep the entries of the sections lie
Settings = dict[str, Any]
_WHOLE = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_WHOLE)


def read_settings(path: str | Path) -> Settings:
    """The settings of a study, with what its ``base`` says beneath.

    Args:
        path: YAML file; ``base`` is another one beside it. Tables are laid over each other key by
            key, everything else replaces what the base says. Null takes away an entry of a section,
            such as an experiment; further in it is a value.

    Raises:
        UserError: no such file, no YAML, or something that the schema does not know.
    """
    settings = _layered(Path(path), ())
    _check(settings, Path(path))
    return settings


def _layered(path: Path, above: tuple[Path, ...]) -> Settings:
    own = _read(path)
    if path.resolve() in above:
        raise UserError(f"{path}: base leads back to {above[0]}; take one of them out")
    base = own.pop(BASE, None)
    if base is None:
        return own
    return lay_over(_layered(path.parent / str(base), (*above, path.resolve())), own)


def lay_over(below: Mapping[str, Any], above: Mapping[str, Any], depth: int = 0) -> Settings:
    """One table over another, key by key; see :func:`read_settings`."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if value is None and depth < _ENTRIES:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = lay_over(under, value, depth + 1)
        else:
            merged[key] = value
    return merged


def _read(path: Path) -> Settings:
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected the YAML file of a study")
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys and values, such as `name: mine`")
    return content


def _check(settings: Settings, path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = _Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(settings))
    if error is None:
        return
    where = ": ".join(str(part) for part in error.absolute_path)
    place = f"{path}: {where}" if where else str(path)
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        name = next(key for key in error.instance if key not in known)
        hint = did_you_mean(name, known, "")
        raise UserError(f"{place}: {name}: no such key{hint}; expected some of {', '.join(known)}")
    raise UserError(f"{place}: {_said(error)}; see {GUIDE}")


def _said(error: jsonschema.ValidationError) -> str:
    """What is wrong; where a key is missing, with the one that may be meant to be it."""
    if error.parent is not None and error.parent.validator == "oneOf":
        error = error.parent
    if error.validator == "oneOf":
        return f"expected {error.schema['description']}"
    if error.validator != "required":
        return str(error.message)
    missing = [key for key in error.validator_value if key not in error.instance]
    hints = ((key, did_you_mean(key, missing, "")) for key in error.instance)
    there = next((f", but {key} is there{hint}" for key, hint in hints if hint), "")
    return f"{error.message}{there}"

"""The YAML file of a study: read, laid over the one it starts from, checked against the schema."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from ..engines.guard import did_you_mean
from ..errors import UserError

SCHEMA = Path(__file__).with_name("schema.json")
BASE = "base"
_ENTRIES = 2  # how deep the entries of the sections lie
Settings = dict[str, Any]
_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"


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
    try:
        content = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        text = " ".join(str(error).split())
        raise UserError(f"{path}: no valid YAML ({text}); mend it") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys and values, such as `name: mine`")
    return content


class _Loader(yaml.SafeLoader):
    """One that takes no key twice, of which the last would count, and none that is no text.

    Nor numbers that are others than they look: to YAML 1.1 ``1:30`` is 90 and ``010`` is 8.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for place, _ in node.value:
            key = self.construct_object(place, deep=True)
            if not isinstance(key, str) or key in seen:
                fault = f"{key!r} is there twice" if key in seen else f"{key!r} is no text"
                raise yaml.constructor.ConstructorError(
                    None, None, f"a key, {fault}", place.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        plain = node.value.replace("_", "").lstrip("+-")
        if ":" in plain or (plain.isdigit() and plain != "0" and plain.startswith("0")):
            fault = f"{node.value} is another number than it looks; write it as 90, or in quotes"
            raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)
        if node.tag == _INT:
            return self.construct_yaml_int(node)
        return self.construct_yaml_float(node)


for _tag in (_INT, _FLOAT):
    _Loader.add_constructor(_tag, _Loader.construct_number)


def _check(settings: Settings, path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
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
    raise UserError(f"{place}: {error.message}; see {SCHEMA.name} of medssl.study")

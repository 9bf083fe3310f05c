"""What a trained model knows of itself and of its scans, so that nobody has to type it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_object
from ..ranks import is_main
from ..store.contract import SCAN, ScanContract, check_antialias, check_spacing
from .known_keys import KEYS, NETWORK, OF_EVERY_RUN, SOURCE, TASK
from .provenance import MEND, PROVENANCE, read_provenance

NAMES, RULE = "class_names", "crop_rule"
# Of keys that can be written in several ways, what they are read as.
_READ: dict[str, Callable[[Any], object]] = {
    "spacing": check_spacing,
    "antialias": check_antialias,
}


class Trained(Mapping[str, Any]):
    """Keys of the run that trained a model, read from its ``provenance.json``.

    Among them are ``spacing``, ``window``, ``crop_size``, ``crop_rule`` and ``classes`` of the
    scans and ``base_channels``, ``in_channels``, ``out_channels``, ``batch_norm`` and ``skip`` of
    the network, as far as the bundle has such keys.

    Args:
        model: weight file, bundle folder or released zip; it need not be there yet. None knows
            nothing.
        default: keys where nothing is known of the weights: of a bundle that was not trained yet,
            or of weights from elsewhere.

    Attributes:
        assumed: those of the defaults that were asked for, so far.

    Raises:
        UserError: at first use, for a key that is known neither way or a damaged file.
    """

    def __init__(self, model: str | Path | None, default: Mapping[str, Any] | None = None) -> None:
        self.path, self.default = None if model is None else Path(model), dict(default or {})
        self.assumed: dict[str, Any] = {}

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Content of ``provenance.json``, empty where there is none of these weights.

        Raises:
            UserError: it is damaged.
        """
        return {} if self.path is None else read_provenance(self.path) or {}

    @cached_property
    def known(self) -> dict[str, Any]:
        """Keys that the run has left, without the defaults; of ``auto`` the crop rule it found."""
        tables = (self.provenance.get(table, {}) for table in (SCAN, NETWORK))
        known = {key: value for table in tables for key, value in table.items()}
        found = self.provenance.get("crops", {}).get(RULE)
        return {**known, RULE: found} if found else known

    @property
    def contract(self) -> ScanContract | None:
        """How the scans of the training were to be understood; None where nobody knows."""
        scan = self.provenance.get(SCAN)
        return None if not scan else ScanContract.from_dict(scan, self.path)

    def __getitem__(self, key: str) -> Any:
        if key in self.known:
            return self.known[key]
        if self.provenance.get("trained", True) and self.provenance and SCAN not in self.provenance:
            raise UserError(
                f"{self.path}: its {PROVENANCE} says nothing of the scans and the network, so "
                "medssl 0.1.0 or older wrote it; train again, or delete it if you give all keys "
                "yourself"
            )
        if key in OF_EVERY_RUN and self.provenance.get(KEYS[key].table):
            raise UserError(
                f"{self.path}: its {PROVENANCE} says nothing of {key}, which the run that wrote it "
                f"knew; {MEND}, or give --{key}"
            )
        if key in self.default:
            self.assumed[key] = self.default[key]
            return self.default[key]
        if self.path is not None and not self.path.exists():
            raise UserError(
                f"{self.path}: no such file; train first, or name weights that are there"
            )
        raise UserError(
            f"{self.path}: no {PROVENANCE} of these weights says anything of {key}; give --{key}, "
            "or train again"
        )

    def __iter__(self) -> Iterator[str]:
        return iter({**self.default, **self.known})

    def __len__(self) -> int:
        return len({**self.default, **self.known})


def own_settings(bundle_root: str | Path) -> dict[str, Any]:
    """A bundle's own plain top-level keys, as ``train.json`` has them for no ``pretrained``."""
    path = Path(bundle_root) / "configs" / "train.json"
    config = read_object(path, "take that of a bundle like it")
    plain = {key: value for key, value in config.items() if not isinstance(value, dict)}
    own = {key: value for key, value in plain.items() if not str(value).startswith(("$", "@"))}
    return {**config.get(SOURCE, {}).get("default", {}), **own}


def refuse_other_task(trained: Trained, task: str | None) -> None:
    """Refuse weights that were trained for something else, though every tensor may fit.

    Args:
        trained: what the model knows.
        task: what the bundle that is to use them is for; None is not compared.

    Raises:
        UserError: naming both tasks.
    """
    theirs = trained.provenance.get(TASK)
    if task is not None and theirs is not None and theirs != task:
        bundle = trained.provenance.get("bundle")
        raise UserError(
            f"{trained.path}: weights of {bundle} ({theirs}), this bundle is for another task "
            f"({task}); use that bundle, name weights trained with this one, or train this one "
            "from them (--pretrained)"
        )


def refuse_contradictions(trained: Trained, asked: Mapping[str, Any]) -> None:
    """Refuse settings that contradict what a model was trained with.

    Args:
        trained: what the model knows.
        asked: keys as they will be used; null is no contradiction.

    Raises:
        UserError: naming the first key that differs and both values.
    """
    for key, value in asked.items():
        if value is None or key not in trained.known:
            continue
        known = trained.known[key]
        if not _alike(_READ[key](value) if key in _READ else value, known):
            raise UserError(
                f"{key}: {value} is asked for, the model was trained with {known} "
                f"({trained.path}); leave --{key} out, it is taken over"
            )


def refuse_other_names(trained: Trained, names: Sequence[str] | None) -> None:
    """Refuse label maps that give a class of the training to other values.

    Args:
        trained: what the model knows.
        names: of the classes, in their order, as the data list at hand has them.

    Raises:
        UserError: a name that both have, at different places; names that one has alone may mean
            the same as the other's.
    """
    known = list(trained.known.get(NAMES) or ())
    here = list(names or ())
    moved = [name for name in here if name in known and here.index(name) != known.index(name)]
    if moved:
        raise UserError(
            f"classes: here they are {', '.join(here)}, the model was trained with "
            f"{', '.join(known)} in this order, so {moved[0]} would be another's; give --classes "
            "in the order of the training, or scans with the same classes"
        )
    if known and here and here != known and not all(name.isdigit() for name in here) and is_main():
        print(
            f"classes: called {', '.join(here)} here and {', '.join(known)} in the training; taken "
            "for the same, in this order"
        )


def refuse_other_scans(trained: Trained, data: Sequence[Mapping[str, Any]]) -> None:
    """Refuse scans that were prepared in another way than those of the training.

    Args:
        trained: what the model knows.
        data: items of a prepared folder.

    Raises:
        UserError: naming the first scan and what differs.
    """
    refuse_unlike(trained.contract, data)


def refuse_unlike(contract: ScanContract | None, data: Sequence[Mapping[str, Any]]) -> None:
    """Refuse scans that were prepared in another way than a contract says.

    Args:
        contract: of the training; None where nobody knows.
        data: items of a prepared folder.

    Raises:
        UserError: naming the first scan and what differs.
    """
    for item in data:
        if contract is None or SCAN not in item:
            return
        theirs = ScanContract.from_dict(item[SCAN], item["image"])
        if different := contract.differences(theirs):
            key = different[0]
            raise UserError(
                f"{item['image']}: prepared with {key} {theirs.as_dict()[key]}, the model was "
                f"trained with {contract.as_dict()[key]}; prepare the scans as those of the "
                "training, or choose a model that fits"
            )


def _alike(one: Any, other: Any) -> bool:
    """Equal, whether as lists or tuples, whole numbers or not."""
    return bool(json.dumps(_floats(one)) == json.dumps(_floats(other)))


def _floats(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_floats(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(float(value), 4)
    return value

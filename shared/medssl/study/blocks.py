"""A block of an experiment: the levels of its factors, and what no block may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from ..engines.choices import PARTS_KEY
from ..engines.guard import did_you_mean
from ..errors import UserError
from ..networks.parts import PARTS
from .bundle_keys import FREE
from .catalogue import Catalogue

# What may be measured, and whether on the weights of the start and on the fine-tuned model.
MEASURES = {
    "probe": (True, False),
    "tbs": (False, True),
    "cka": (True, True),
    "gradcam": (False, True),
}
BLOCK = ("start", "task", "measure", "seeds")  # keys that are no factors
Block = Mapping[str, Any]


def check_block(block: Block, catalogue: Catalogue, where: str) -> None:
    """Refuse a block with a name that leads nowhere, or with a part that nothing would come of.

    Raises:
        UserError: naming the nearest name, or how to mend it.
    """
    catalogue.check_starts(block["start"], where)
    catalogue.check_tasks(block.get("task", []), where)
    for name in block.get("measure", []):
        if name not in MEASURES:
            hint = did_you_mean(name, MEASURES, "")
            known = ", ".join(MEASURES)
            raise UserError(f"{where}: measure: {name}: no such name{hint}; expected {known}")
    if "task" not in block:
        _check_pretraining(block, catalogue, where)
    _check_factors(block, where)


def _check_pretraining(block: Block, catalogue: Catalogue, where: str) -> None:
    """Refuse what a block without a task has nothing to do for."""
    unlearnt = [name for name in block["start"] if name not in catalogue.methods]
    if unlearnt:
        raise UserError(f"{where}: start: {unlearnt[0]}: nothing to train; name a task")
    if "measure" in block:
        raise UserError(
            f"{where}: measure: {block['measure'][0]}: nothing to measure without a task; name "
            "one, or take measure out"
        )


def _check_factors(block: Block, where: str) -> None:
    """Refuse levels that are all the same runs, and those that are the parts of one."""
    for key in block:
        if key in FREE:
            raise UserError(
                f"{where}: {key}: changes no result, so that all its levels are the same runs; "
                "put it in common, or in a method or task"
            )
    asked = block.get(PARTS_KEY, [])
    for part in PARTS:
        if asked == part or (isinstance(asked, list) and part in asked):
            raise UserError(
                f"{where}: {PARTS_KEY}: {part}: a level is a list of parts; write [[{part}]] for "
                f"this one alone, [[{', '.join(PARTS)}]] for one level of both"
            )


def levels(block: Block) -> list[dict[str, Any]]:
    """Every combination of a block's factors; a list holds levels, anything else is one level."""
    factors = {key: value for key, value in block.items() if key not in BLOCK}
    lists = [value if isinstance(value, list) else [value] for value in factors.values()]
    return [dict(zip(factors, chosen, strict=True)) for chosen in product(*lists)]

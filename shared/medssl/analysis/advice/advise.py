"""``medssl advise``: rules from files of evidence, behind what one's own runs have shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from ...errors import UserError
from ...files import read_object
from ...networks.unet import STRIDE
from ..evidence import sign_of

MEASURED = Path(__file__).with_name("measured.json")  # by benchmarks/hippocampus_study.py
EVIDENCE = Path(__file__).with_name("evidence.json")
TASKS = ("segmentation", "classification")
OWN = "your own runs"
WIDTH = 100  # of a line on the screen


@dataclass(frozen=True)
class Line:
    """One piece of advice.

    Attributes:
        topic: what it is about.
        advice: what to do.
        sure: ``strong``, ``weak``, ``contested``, and of what.
        evidence: sources and what they say.
    """

    topic: str
    advice: str
    sure: str
    evidence: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        said = [_wrapped(f"{source}: {says}", "    - ") for source, says in self.evidence]
        return "\n".join([f"{self.topic} ({self.sure})", _wrapped(self.advice, "  "), *said])


def _wrapped(text: str, before: str) -> str:
    after = " " * len(before)
    return fill(text, WIDTH, initial_indent=before, subsequent_indent=after, break_on_hyphens=False)


@dataclass(frozen=True)
class Advice:
    """All that is to be said: of one's own runs, of this project's study, and as published."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.lines))


def advise(
    task: str,
    labels: int,
    imbalance: float | None = None,
    patch: Sequence[int] | None = None,
    own: Sequence[str | Path] = (),
) -> Advice:
    """What to pretrain with, hand over and watch, for a task.

    Args:
        task: segmentation or classification.
        labels: labelled cases for training.
        imbalance: cases, or voxels, of the rare class for each of the frequent one; None where
            there is none to speak of.
        patch: voxels x, y, z that the task trains on.
        own: JSON files of ``medssl analyse compare``; what they found goes first.

    Raises:
        UserError: another task, numbers out of range, or a file that is none of these.
    """
    if task not in TASKS:
        raise UserError(f"task: {task}, expected one of {', '.join(TASKS)}")
    if labels < 1:
        raise UserError(f"labels: {labels}, expected one labelled case or more")
    if imbalance is not None and not 0 < imbalance <= 1:
        raise UserError(f"imbalance: {imbalance:g}, expected more than 0 and up to 1")
    if patch is not None and (len(patch) != 3 or any(side < 1 or side % STRIDE for side in patch)):
        raise UserError(
            f"patch: {list(patch)}, expected three voxel counts that divide by {STRIDE}, such as "
            "64,64,32"
        )
    asked = {"task": task, "labels": labels, "imbalance": imbalance}
    size = "its crop_size" if patch is None else f"{list(patch)} voxels"
    files = (read_object(file, "install medssl again") for file in (MEASURED, EVIDENCE))
    rules = [rule for file in files for rule in file["rules"]]
    lines = [_line(rule, size) for rule in rules if applies(rule["when"], asked)]
    return Advice((*(_own(Path(path)) for path in own), *lines))


def applies(when: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether all conditions hold: words equal, numbers lie in ``[low, high)``; null is no end."""
    for key, wanted in when.items():
        value = asked[key]
        if isinstance(wanted, str):
            if value != wanted:
                return False
        elif value is None or value < wanted[0] or (wanted[1] is not None and value >= wanted[1]):
            return False
    return True


def _line(rule: Mapping[str, Any], size: str) -> Line:
    evidence = tuple((each["source"], each["says"]) for each in rule["evidence"])
    advice = rule["advice"].replace("{patch}", size)
    return Line(rule["topic"], advice, rule["sure"], evidence)


def _own(path: Path) -> Line:
    """What a comparison has found."""
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; expected the JSON of `medssl analyse compare`, or "
            "the folder of a study"
        )
    found = read_object(path, "write it anew with `medssl analyse compare --json`")
    try:
        metric = str(found["metric"])
        sign = sign_of(metric)
        named = [(sign * each["difference"]["mean"], each) for each in found["others"]]
        ranked = [each for _, each in sorted(named, key=lambda pair: -pair[0])]
        evidence = tuple((str(path), _said(each, found["baseline"])) for each in ranked)
        gains = [each["name"] for each in ranked if each["verdict"] == "gain"]
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{path}: not of `medssl analyse compare --json`; name such a file"
        ) from error
    if gains:
        most = "highest" if sign > 0 else "lowest"
        return Line(OWN, f"{gains[0]}: the {most} {metric} that is a gain.", "strong", evidence)
    return Line(
        OWN,
        f"No evidence that a start is better than {found['baseline']}.",
        "no evidence",
        evidence,
    )


def _said(each: Mapping[str, Any], baseline: str) -> str:
    gap = "{mean:+.3f} [{low:.3f}, {high:.3f}]".format(**each["difference"])
    sizes = f"{each['seeds']} runs, {each['patients']} patients"
    p = f"p after Holm {each['p_adjusted']:.3f}"
    return f"{each['name']} less {baseline} {gap}, {sizes}, {p}: {each['verdict']}"

"""A skeleton's README: nothing in it that is not true of a method that was just made."""

from __future__ import annotations

from collections.abc import Mapping

from .families import Family

COMMANDS = {
    "the paper's values": "the study's batch norm",
    ", by settings that were tried on real scans (docs/learning.md)": "",
}
OWN_METHOD = "What it assumes of grey values"  # begins what holds for the family's bundle alone
STUDY = (
    "Zhang C, Gu Y. Dive into Self-Supervised Learning for Medical Image Analysis. "
    "arXiv:2209.12157, 2022."
)
_README = """# Model Overview
Self-supervised pretraining of a 3D U-Net: {task}.

**Authors**: your name · **Tags**: self-supervised, pretraining, CT

{overview}

## Data

{data}

## Training configuration

{training}

Network, optimiser and batch are those of [{source}](../../{source}/docs/README.md),
whose README says where they differ from the study [1]. `paper.json` holds one of its values:

| topic | here | the study |
|---|---|---|
| batch norm | running statistics | `batch_norm: batch` |

## What a healthy run looks like

{healthy}

## Performance

Not measured yet. What the weights are worth for a task, only fine-tuning tells: against training
from scratch, over several seeds.

## Commands

{commands}

## Limitations

A skeleton that trains, not a method that was studied. {limits}

## References

[1] {study}
"""


def reword(text: str, wording: Mapping[str, str]) -> str:
    """Replace each of the given words by its new one."""
    for old, new in wording.items():
        text = text.replace(old, new)
    return text


def make_readme(text: str, bundle: str, family: Family) -> str:
    """The new bundle's README, in the template of all bundles.

    Args:
        text: README of the family's bundle, from which data, settings and commands are taken.
        bundle: name of the new one.
        family: what it is.
    """
    sections = dict(section.split("\n", 1) for section in text.split("\n## ")[1:])
    training = sections["Training configuration"].strip().split("\n\n")
    commands = sections["Commands"].replace(family.source, bundle)
    data = sections["Data"].strip().split("\n\n")
    return _README.format(
        source=family.source,
        task=family.task,
        overview=family.overview,
        data="\n\n".join(part for part in data if not part.startswith(OWN_METHOD)),
        training="\n\n".join(training[:2]),
        healthy=family.healthy,
        commands=reword(commands, {**COMMANDS, **family.wording}).strip(),
        limits=family.limits,
        study=STUDY,
    )

"""Of each family of methods: which know more than untrained networks, and of which questions.

By the means of seeds, on CT (``docs/features.json``) and on the hippocampus
(``docs/hippocampus_trials.json``, the settings of its table).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hippocampus_trials import AGAIN
from medssl.analysis.left_out import CLASSIFIERS
from real.runs import ROOT

FAMILIES = ("predictive", "contrastive", "generative")
NOT_ASKED = ("thickness", "liver")  # no anatomy, and one patient
Answers = Mapping[str, Mapping[str, Mapping[str, Any]]]


def family_of(bundle: str) -> str:
    """As the bundle's metadata says; of a method of two families both."""
    file = ROOT / "bundles" / bundle / "configs" / "metadata.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["pretext"]["family"])


def known(answers: Answers) -> list[str]:
    """Questions on which an interval of the difference from untrained networks lies above 0."""
    return [
        name
        for name, each in answers.items()
        if name not in NOT_ASKED and any(each[c]["over_untrained"][1] > 0 for c in CLASSIFIERS)
    ]


def won(together: Mapping[str, Any], trials: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Bundle and words of what the mean of its seeds knows more of."""
    for bundle, own in together.items():
        if names := known(own["answers"]):
            yield bundle, ", ".join(names)
    for trial, mean in trials.get("means", {}).items():
        if trial.startswith(AGAIN) and mean and (names := known(mean["knows"]["answers"])):
            bundle = f"pretrain_{trial.removeprefix(AGAIN)}"
            yield bundle, f"{', '.join(names)} of the hippocampus"


def families(together: Mapping[str, Any], trials: Path) -> str:
    """A line for each family."""
    found = list(won(together, json.loads(trials.read_text(encoding="utf-8"))))
    lines = []
    for family in FAMILIES:
        own = [
            f"{bundle.removeprefix('pretrain_').replace('_', ' ')}: {words}"
            for bundle, words in sorted(found)
            if family in family_of(bundle)
        ]
        lines.append(f"- **{family}**: {'; '.join(own) or 'none'}")
    return "\n".join(lines)

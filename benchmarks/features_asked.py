"""Crops as networks of one kind see them, and how well features answer for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from features_masks import Crop
from features_questions import Question, questions
from medssl.analysis.left_out import CLASSIFIERS
from medssl.analysis.patient_tally import score
from medssl.analysis.probe import encode
from medssl.analysis.statistics import Estimate
from medssl.engines import apply_window
from medssl.metrics.bootstrap import Values
from medssl.metrics.matching import histogram, thumbnail
from medssl.networks import FeatureEncoder

Features = NDArray[np.float32]
BATCH = 32
UNTRAINED = (100, 101, 102)


class Asked:
    """Crops of one choice of held-out scans as networks of one kind see them.

    Args:
        crops: to ask about.
        window: HU, as the networks were trained.
        base_channels: of the networks.
        coarser: voxels of a crop, along each axis, that are one voxel to the networks.
        ask: the questions that the crops can answer.
    """

    def __init__(
        self,
        crops: Sequence[Crop],
        window: Sequence[float],
        base_channels: int,
        coarser: int = 1,
        ask: Callable[[Sequence[Crop]], dict[str, Question]] = questions,
    ) -> None:
        hu = torch.from_numpy(np.stack([crop.hu for crop in crops]).astype(np.float32))[:, None]
        self.images = apply_window(F.avg_pool3d(hu, coarser), window)
        self.base_channels = base_channels
        self.questions = ask(crops)
        self._tallies: dict[tuple[str, str], tuple[list[Values], list[Values]]] = {}

    def batches(self) -> Iterator[Tensor]:
        """The crops, some at a time."""
        yield from self.images.split(BATCH)

    def features(self, network: nn.Module) -> Features:
        """What a network's encoder makes of all crops."""
        encoder = network.get_submodule("encoder")
        return torch.cat([encode(encoder, images) for images in self.batches()]).numpy()

    @cached_property
    def untrained(self) -> list[Features]:
        """Of networks with random weights, whose batch norm has seen these very crops."""
        return [self.features(self._random(seed)) for seed in UNTRAINED]

    @cached_property
    def grey(self) -> Features:
        """Histogram, 4 x 4 x 4 means, mean and spread: what needs no network."""
        flat = self.images[:, 0]
        parts = [histogram(flat), thumbnail(flat), flat.mean((1, 2, 3))[:, None]]
        return torch.cat([*parts, flat.std((1, 2, 3))[:, None]], dim=1).numpy()

    def baselines(self, name: str, classifier: str) -> tuple[list[Values], list[Values]]:
        """Tallies of the untrained networks and of grey values, worked out once."""
        key = name, classifier
        if key not in self._tallies:
            question = self.questions[name]
            both = (self.untrained, [self.grey])
            random, grey = ([question.tally(each, classifier) for each in sets] for sets in both)
            self._tallies[key] = random, grey
        return self._tallies[key]

    def _random(self, seed: int) -> nn.Module:
        torch.manual_seed(seed)
        network = FeatureEncoder(self.base_channels)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = None  # the plain mean over all batches
        network.train()
        with torch.no_grad():
            for images in self.batches():
                network.encoder(images)
        return network


def described(question: Question) -> dict[str, Any]:
    """How many crops of whom were asked about."""
    counts = np.bincount(question.labels)
    owners = np.asarray(question.patients)
    shows = [
        1 if question.one_patient else len(set(owners[question.labels == label]))
        for label in range(len(question.classes))
    ]
    classes = {
        name: {"crops": int(count), "patients": patients}
        for name, count, patients in zip(question.classes, counts, shows, strict=True)
    }
    patients = 1 if question.one_patient else len(set(question.patients))
    return {
        "measure": question.measure,
        "chance": round(question.chance, 4),
        "patients": patients,
        "classes": classes,
    }


def answer(asked: Asked, name: str, *features: Features) -> dict[str, dict[str, Any]]:
    """Scores and paired differences of one question, for both classifiers.

    Of several networks' ``features`` the mean score counts.
    """
    question, found = asked.questions[name], {}
    for classifier in CLASSIFIERS:
        ours = [question.tally(each, classifier) for each in features]
        untrained, grey = asked.baselines(name, classifier)
        estimates = {
            "ours": score(ours),
            "untrained": score(untrained),
            "grey": score(grey),
            "over_untrained": score(ours, untrained),
            "over_grey": score(ours, grey),
        }
        found[classifier] = {
            kind: figures(estimate, question.one_patient) for kind, estimate in estimates.items()
        }
    return found


def figures(estimate: Estimate, one_patient: bool) -> list[float | None]:
    """Mean and ends of the interval; no ends where there is one patient."""
    ends = (math.nan, math.nan) if one_patient else (estimate.low, estimate.high)
    return [None if math.isnan(x) else round(x, 4) for x in (estimate.mean, *ends)]

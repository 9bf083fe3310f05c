"""The three kinds of skeleton, and the bundle each is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CLASSES = {str(index): f"mirroring {index}" for index in range(8)}


@dataclass(frozen=True)
class Family:
    """What a skeleton's bundle does not share with the bundle that it is made from.

    Attributes:
        source: that bundle.
        task: in one line, for metadata and README.
        overview: what the network sees and has to say, Markdown.
        input: what the network sees, for the table of methods.
        labels: what it has to say, for the same.
        healthy: how to tell that training goes well, Markdown.
        limits: of the method, in one line.
        changes: values by file and by path in it, keys joined by ``#``.
        dropped: keys of ``train.json`` that only that bundle's own transform takes.
        wording: replacements in the README's commands and in ``inference.json``.
    """

    source: str
    task: str
    overview: str
    input: str
    labels: str
    healthy: str
    limits: str
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    wording: Mapping[str, str] = field(default_factory=dict)


FAMILIES = {
    "predictive": Family(
        source="pretrain_rotation",
        task="eight-way mirroring prediction",
        overview="""A cube is mirrored along each of its three axes or not: eight results, drawn
with equal probability. The network (encoder, global average pooling, two fully connected layers)
says which. The encoder is what is handed over.""",
        input="one cube, mirrored",
        labels="which of eight mirrorings",
        healthy="""Loss starts near ln 8 = 2.1, and accuracy leaves 12.5 %. `medssl doctor` holds
both against `health.json`; `medssl control` tells whether pure noise can be solved as well.""",
        limits="Only the encoder is pretrained.",
        changes={
            "configs/train.json": {"network_def#out_channels": 8},
            "configs/inference.json": {"network_def#out_channels": 8},
            "configs/metadata.json": {
                "network_data_format#outputs#pred#num_channels": 8,
                "network_data_format#outputs#pred#channel_def": _CLASSES,
            },
            "docs/health.json": {
                "start_loss": {
                    "low": "$0.9 * (math.log(8))",
                    "high": "$1.5 * (math.log(8))",
                    "origin": "theory: ln(8) for equal logits; a fresh head adds up to half",
                },
                "metrics#accuracy#chance": "$1 / 8",
                "metrics#accuracy#origin": "theory: eight classes, drawn equally often",
            },
        },
        dropped=("cube_size",),
        wording={"ten classes": "eight classes", "rotations.csv": "classes.csv"},
    ),
    "generative": Family(
        source="pretrain_models_genesis",
        task="restoration of blurred cubes",
        overview="""A cube is mirrored and blurred, by a Gaussian whose width differs from cube to
cube. A 3D U-Net restores the sharp cube. Encoder and decoder are handed over.""",
        input="one crop, blurred",
        labels="the sharp crop",
        healthy="""MSE falls, and ends below that of the answers that need no learning: `skill`
lies above 0, its interval too. `medssl doctor RUN` says so.""",
        limits="A restored scan is no better scan; it shows that the network learned something.",
    ),
    "contrastive": Family(
        source="pretrain_simclr",
        task="contrastive learning of crops of other contrast",
        overview="""Two crops of a scan that overlap (intersection over union at least 0.25) are
mirrored, and each is sent through a rising intensity curve of its own. The encoder with a projector
learns to find the partner among all other crops of the batch. `model.pt` holds the encoder; the
projector stays in `checkpoint.pt`.""",
        input="two overlapping crops, of other contrast",
        labels="which crops belong together",
        healthy="""Loss starts near ln(2N-1) for N pairs per batch when embeddings are alike, and
falls; retrieval top-1 on held-out pairs rises above what grey values find: `skill` lies above
0. `medssl doctor` says so, and sees a collapse.""",
        limits="Small batches give few negatives. Only the encoder is pretrained.",
    ),
}

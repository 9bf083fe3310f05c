"""Cases that start from crops in memory: single operations and the methods that use whole crops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equivalence import Array, compare, texture
from literal import genesis, views
from medssl.transforms import draw_bezier, local_shuffle, map_intensity
from steps import load_bundle

SHAPE = (64, 64, 32)
LARGE = (160, 160, 160)
CHECKED = 160  # samples of each side; a bias of a third of a standard deviation fails

Transform = Callable[[Tensor, Tensor], Tensor]
Literal = Callable[[Array, np.random.Generator], Array]


@dataclass
class Case:
    """What is timed.

    ``ours`` makes ``samples`` samples, ``literal`` makes ``literal_samples``, ``loaded`` does what
    ``literal`` does with the scan in memory; each call makes the same samples again, enough of them
    that steps which are left to chance come as often as they should. ``check`` returns the p value
    or raises.
    """

    name: str
    ours: Callable[[], object]
    samples: int
    literal: Callable[[], object]
    check: Callable[[], float]
    literal_samples: int
    loaded: Callable[[], object] | None = None


def first_inputs(transform: Any, images: Tensor, seeds: Tensor) -> Tensor:
    """Network inputs alone, without the channel that carries numbers to PCRL's network."""
    return torch.as_tensor(transform(images, seeds)[0][:, : images.shape[1]])


def network_batch(samples: list[Array]) -> Tensor:
    """Samples of the literal methods as a loader hands them to a network: one float32 tensor."""
    return torch.stack([torch.from_numpy(sample).float() for sample in samples])


def check_crops(ours: Transform, literal: Literal, original: Array) -> float:
    """Compare many samples of one crop ``(C, X, Y, Z)``."""
    rng = np.random.default_rng(0)
    reference = original.astype(np.float64)
    mine: list[Array] = []
    for start in range(0, CHECKED, 8):
        images = torch.from_numpy(original).expand(8, -1, -1, -1, -1).contiguous()
        mine.extend(ours(images, torch.arange(start, start + 8)).numpy())
    return compare(mine, [literal(reference, rng) for _ in range(CHECKED)], original)


def crop_case(
    name: str, transform: Transform, literal: Literal, shape: Any, device: torch.device
) -> Case:
    """A case over textured crops; the check runs on the CPU at 64 x 64 x 32."""
    channels = 2 if "pair" in name else 1
    batch, batches = (2, 3) if shape == LARGE else (6, 6)
    samples = batch * batches
    crops = np.stack([texture(channels, shape, seed) for seed in range(2)])
    images = torch.from_numpy(np.tile(crops, (batch // 2, 1, 1, 1, 1))).to(device)
    doubles = crops.astype(np.float64)

    def ours() -> None:
        for start in range(0, samples, batch):
            transform(images, torch.arange(start, start + batch))

    def write_out() -> None:
        rng = np.random.default_rng(1)
        for _ in range(batches):
            network_batch([literal(doubles[index % 2], rng) for index in range(batch)])

    return Case(
        name=f"{name}, {' x '.join(map(str, shape))}",
        ours=ours,
        samples=samples,
        literal=write_out,
        check=partial(check_crops, transform, literal, texture(channels, SHAPE)),
        literal_samples=samples,
    )


def _single(operation: Callable[[Array, np.random.Generator], Array]) -> Literal:
    return lambda image, rng: operation(image[0], rng)[None]


def _first(operation: Callable[[Array, np.random.Generator], tuple[Array, Array]]) -> Literal:
    return lambda image, rng: operation(image[0], rng)[0][None]


def _pair(image: Array, rng: np.random.Generator) -> Array:
    return views.contrastive_pair(image[0], image[1], rng)


def _pcrl(image: Array, rng: np.random.Generator) -> Array:
    return views.pcrl_sample(image[0], image[1], rng)[0]


def _bezier(images: Tensor, seeds: Tensor) -> Tensor:
    return map_intensity(images, draw_bezier(seeds))


def crop_cases(device: torch.device) -> list[Case]:
    """All cases of this kind."""
    cases = []
    for shape in (SHAPE, LARGE):
        cases += [
            crop_case("Bezier curve", _bezier, _single(genesis.intensity), shape, device),
            crop_case("local shuffling", local_shuffle, _single(genesis.shuffle), shape, device),
        ]
    methods: list[tuple[str, str, Literal, tuple[int, int, int]]] = [
        ("models_genesis", "", _first(genesis.models_genesis), SHAPE),
        ("models_genesis", "", _first(genesis.models_genesis), LARGE),
        ("autoencoder", "", _first(genesis.autoencoder), SHAPE),
        ("simclr", " pair", _pair, SHAPE),
        ("byol", " pair", _pair, SHAPE),
        ("pcrl", " pair", _pcrl, SHAPE),
    ]
    for method, suffix, literal, shape in methods:
        transform = load_bundle(f"pretrain_{method}").get_parsed_content("train#preprocessing")
        ours = partial(first_inputs, transform)
        cases.append(crop_case(method + suffix, ours, literal, shape, device))
    return cases

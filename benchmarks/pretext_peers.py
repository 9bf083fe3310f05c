"""Making samples by what MONAI and TorchIO offer, beside medssl's transforms.

    python benchmarks/pretext_peers.py

Compositions of theirs that come nearest to a method's samples, from crops of 64 x 64 x 32 voxels in
memory, one thread. As with the literal methods, a ratio is given only where both sides make the
same distribution; what neither of them has (Bezier curves, painting, puzzles) is not here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch

from cases_crops import SHAPE, Transform, first_inputs, network_batch
from equivalence import Array, NotEquivalentError, compare, texture
from interleaved import MISSING, cpu_total, in_turns, paired, peer, per_call
from literal.genesis import WINDOWS
from medssl.transforms import local_shuffle
from steps import load_bundle

BATCH, CHECKED = 6, 80
Peer = Callable[[Array], Array]  # (C, X, Y, Z) to the same


@dataclass
class Compared:
    """A method: its transform, and what others make of a crop; None where they are not there."""

    name: str
    channels: int
    ours: Transform
    peers: Mapping[str, Peer | None]


def monai_flips() -> Peer:
    """Each axis mirrored or not."""
    from monai import transforms

    flips = transforms.Compose([transforms.RandFlip(0.5, axis) for axis in range(3)])
    return lambda image: np.asarray(flips(image))


def torchio_flips() -> Peer | None:
    """The same."""
    if (tio := peer("torchio")) is None:
        return None
    flip = tio.RandomFlip((0, 1, 2), 0.5)
    return lambda image: np.asarray(flip(image))


def monai_shuffle() -> Peer:
    """Windows of up to a tenth of each side, one after the other, shuffled within."""
    from monai import transforms

    largest = [side // 10 for side in SHAPE]
    shuffle = transforms.RandCoarseShuffle(WINDOWS, 1, max_spatial_size=largest, prob=1)
    return lambda image: np.asarray(shuffle(image))


def monai_pair() -> Peer:
    """Mirrored, turned, scaled and blurred, each crop on its own."""
    from monai import transforms

    flips = [transforms.RandFlip(0.5, axis) for axis in range(3)]
    moved = transforms.RandAffine(
        1, [np.deg2rad(10)] * 3, scale_range=[0.2] * 3, mode="bilinear", padding_mode="border"
    )
    widths = {f"sigma_{axis}": (0, 2) for axis in "xyz"}
    view = transforms.Compose([*flips, moved, transforms.RandGaussianSmooth(**widths, prob=1)])
    return lambda image: np.concatenate([np.asarray(view(crop[None])) for crop in image])


def torchio_pair() -> Peer | None:
    """The same."""
    if (tio := peer("torchio")) is None:
        return None
    view = tio.Compose(
        [
            tio.RandomFlip((0, 1, 2), 0.5),
            tio.RandomAffine((0.8, 1.2), 10, default_pad_value="mean"),
            tio.RandomBlur((0, 2)),
        ]
    )
    return lambda image: np.concatenate([np.asarray(view(crop[None])) for crop in image])


def comparisons() -> list[Compared]:
    """The methods that others can make, or nearly."""

    def bundle(name: str) -> Transform:
        transform = load_bundle(name).get_parsed_content("train#preprocessing")
        return lambda images, seeds: first_inputs(transform, images, seeds)

    flips = {"MONAI": monai_flips(), "TorchIO": torchio_flips()}
    pairs = {"MONAI": monai_pair(), "TorchIO": torchio_pair()}
    return [
        Compared("autoencoder", 1, bundle("pretrain_autoencoder"), flips),
        Compared("local shuffling", 1, local_shuffle, {"MONAI": monai_shuffle()}),
        Compared("simclr pair", 2, bundle("pretrain_simclr"), pairs),
    ]


def check(compared: Compared, other: Peer) -> float:
    """The p value of one crop's samples being of one distribution.

    Raises:
        NotEquivalentError: they are not.
    """
    original = texture(compared.channels, SHAPE)
    mine: list[Array] = []
    for start in range(0, CHECKED, 8):
        images = torch.from_numpy(original).expand(8, -1, -1, -1, -1).contiguous()
        mine.extend(compared.ours(images, torch.arange(start, start + 8)).numpy())
    return compare(mine, [other(original.copy()) for _ in range(CHECKED)], original)


def measure_one(compared: Compared, rounds: int) -> list[dict[str, Any]]:
    """A row for each peer of one method."""
    crops = np.stack([texture(compared.channels, SHAPE, seed) for seed in range(BATCH)])
    images, seeds = torch.from_numpy(crops), torch.arange(BATCH)
    ways: dict[str, Callable[[], object]] = {"": lambda: compared.ours(images, seeds)}
    rows = {name: {"samples": compared.name, "peer": name} for name in compared.peers}
    found: dict[str, dict[str, Any]] = dict(rows)
    for name, other in compared.peers.items():
        if other is None:
            found[name]["failed"] = MISSING
            continue
        try:
            found[name]["p"] = check(compared, other)
        except NotEquivalentError as error:
            found[name]["failed"] = f"another distribution: {error}"
        ways[name] = lambda other=other: network_batch([other(crop.copy()) for crop in crops])
    seconds = in_turns({name: per_call(cpu_total(way)) for name, way in ways.items()}, rounds)
    for name in ways.keys() - {""}:
        found[name]["ours_ms"] = 1000 * median(seconds[""]) / BATCH
        found[name]["theirs_ms"] = 1000 * median(seconds[name]) / BATCH
        if "failed" not in found[name]:
            found[name]["ratio"] = paired(seconds[name], seconds[""])
    return list(found.values())


def bench_pretext_peers(rounds: int = 5) -> list[dict[str, Any]]:
    """A row for each method and peer; prints them."""
    rows = [row for each in comparisons() for row in measure_one(each, rounds)]
    for row in rows:
        print("samples of others:", row, flush=True)
    return rows


if __name__ == "__main__":
    torch.set_num_threads(1)
    np.seterr(all="raise", under="ignore")
    print(json.dumps(bench_pretext_peers(), indent=1))

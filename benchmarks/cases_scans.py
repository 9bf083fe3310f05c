"""Cases that start from a scan on disk: the methods that cut their own patches."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from cases_crops import Case, check_crops, first_inputs, network_batch
from equivalence import Array, compare, texture
from literal import predictive
from medssl.crops import CropDataset, PatchGrid
from medssl.engines.batches import apply_window
from medssl.store import StoredVolume, load_datalist
from medssl.store.occupancy import tissue_and_matter
from medssl.store.writing import write_volume
from medssl.transforms import puzzle_orders
from steps import load_bundle

HU_WINDOW = (-1000, 1000)
LITERAL_SHAPE = (320, 320, 74)
BATCH, SAMPLES, LITERAL_SAMPLES = 8, 32, 4
CHECKED = 160
PUZZLES = {"jigsaw": (False, False), "rubiks_cube": (True, False), "rubiks_cube_plus": (True, True)}
CUBES = {(64, 64, 16): [6, 6, 4], (128, 128, 32): [10, 10, 5]}


def read_batch(dataset: Any, indices: range) -> tuple[Tensor, Tensor]:
    """Windowed images and seeds, read one after the other as a worker does."""
    items = [dataset[index % len(dataset)] for index in indices]
    images = torch.stack([item["image"] for item in items])
    return apply_window(images, HU_WINDOW), torch.tensor([item["seed"] for item in items])


def scan_case(
    name: str, parser: Any, path: Path, literal: Callable[..., Any], check: Callable[[], float]
) -> Case:
    """A case of one bundle: its own data set and transform against loading and cutting."""
    transform = parser.get_parsed_content("train#preprocessing")
    dataset = parser.get_parsed_content("train#dataset")
    loaded = np.load(path)

    def ours() -> None:
        for start in range(0, SAMPLES, BATCH):
            transform(*read_batch(dataset, range(start, start + BATCH)))

    def write_out(load: Callable[[], Array]) -> None:
        rng = np.random.default_rng(1)
        network_batch([literal(load(), rng=rng)[0] for _ in range(LITERAL_SAMPLES)])

    return Case(
        name=name,
        ours=ours,
        samples=SAMPLES,
        literal=lambda: write_out(lambda: np.load(path)),
        loaded=lambda: write_out(lambda: loaded),
        check=check,
        literal_samples=LITERAL_SAMPLES,
    )


def save_literal_scan(data: Path, scratch: Path) -> Path:
    """The middle of the largest prepared scan as a float64 array in [0, 1]."""
    item = max(load_datalist(data, "training"), key=lambda entry: np.prod(entry["shape"]))
    volume = StoredVolume(item["image"])
    start = [(full - side) // 2 for full, side in zip(volume.shape, LITERAL_SHAPE, strict=True)]
    hu = torch.from_numpy(volume.read(start, LITERAL_SHAPE))
    np.save(scratch / "scan.npy", apply_window(hu, HU_WINDOW).double().numpy())
    return scratch / "scan.npy"


def check_patches(
    scratch: Path, grid: PatchGrid, literal: Callable[[Array, np.random.Generator], Array]
) -> float:
    """Compare patches cut by the data set with patches cut by the literal pipeline."""
    volume = texture(1, grid.crop_size)[0]
    hu = np.round(volume * 2000 - 1000).astype(np.int16)
    # Volumes stay open, so that each check needs a file of its own.
    path = Path(tempfile.mkdtemp(dir=scratch)) / "texture.b2nd"
    write_volume(path, hu, np.eye(4))
    dataset = CropDataset(
        [{"image": str(path)}],
        crop_size=grid.crop_size,
        crops_per_scan=CHECKED,
        crop_rule="any",
        patches=grid,
    )
    ours = list(read_batch(dataset, range(CHECKED))[0].numpy())
    stored = (hu.astype(np.float64) + 1000) / 2000
    rng = np.random.default_rng(0)
    return compare(ours, [literal(stored, rng) for _ in range(CHECKED)], ours[0])


def _rotation(data: Path, path: Path) -> list[Case]:
    size, side = (64, 64, 32), 64
    sizes = {"crop_size": list(size), "cube_size": side}
    parser = load_bundle("pretrain_rotation", dataset_dir=str(data), equalise=False, **sizes)

    def turned(image: Array, rng: np.random.Generator) -> Array:
        return predictive.rotate(predictive.resize(image[0], (side,) * 3), rng)[0][None]

    transform = parser.get_parsed_content("train#preprocessing")
    ours = partial(first_inputs, transform)
    check = partial(check_crops, ours, turned, texture(1, size))
    literal = partial(predictive.rotation, size=size, side=side)
    return [scan_case("rotation, 64 x 64 x 32 to 64^3", parser, path, literal, check)]


def _relative(data: Path, path: Path, scratch: Path) -> list[Case]:
    size, jitter = (64, 64, 16), (42, 42, 8)
    parser = load_bundle(
        "pretrain_relative_patch_location",
        dataset_dir=str(data),
        patch_size=list(size),
        jitter=list(jitter),
        gap=0,
        equalise=False,
    )

    def check() -> float:
        grid = parser.get_parsed_content("grid")
        labels = [int(grid.chosen(seed)[1]) for seed in range(5200)]
        counts = np.delete(np.bincount(labels, minlength=27), 13)
        cut = partial(_relative_patches, size=size)
        return min(float(stats.chisquare(counts)[1]), check_patches(scratch, grid, cut))

    literal = partial(predictive.relative_location, size=size)
    return [scan_case("relative location, 64 x 64 x 16", parser, path, literal, check)]


def _relative_patches(volume: Array, rng: np.random.Generator, size: Any) -> Array:
    return predictive.relative_location(volume, size, rng)[0]


def _all_cubes(volume: Array, rng: np.random.Generator, size: Any) -> Array:
    return np.stack(predictive.cut_cells(volume, 2, size, rng))


def _puzzle(method: str, data: Path, path: Path, scratch: Path) -> list[Case]:
    cases = []
    turned, masked = PUZZLES[method]
    for size, jitter in CUBES.items():
        parser = load_bundle(
            f"pretrain_{method}",
            dataset_dir=str(data),
            cube_size=list(size),
            jitter=jitter,
            gap=0,
            equalise=False,
            mask_rate=0.5,
        )
        transform = parser.get_parsed_content("train#preprocessing")
        table = np.asarray(puzzle_orders("maximin", 100))

        def assemble(images: Array, rng: np.random.Generator, table: Array = table) -> Array:
            return predictive.puzzle(list(images), table, turned, masked, rng)[0]

        def literal(
            volume: Array, rng: np.random.Generator, size: Any = size, table: Array = table
        ) -> object:
            cubes = predictive.cut_cubes(volume, size, rng)
            return predictive.puzzle(cubes, table, turned, masked, rng)

        def check(transform: Any = transform, assemble: Any = assemble) -> float:
            grid = PatchGrid((2, 2, 2), (24, 24, 8), (6, 6, 4))
            cut = partial(_all_cubes, size=grid.patch_size)
            ours = partial(first_inputs, transform)
            crops = check_crops(ours, assemble, texture(8, (24, 20, 16)))
            return min(crops, check_patches(scratch, grid, cut))

        name = f"{method}, {' x '.join(map(str, size))}"
        cases.append(scan_case(name, parser, path, literal, check))
    return cases


def _tissue(data: Path) -> Case:
    """The test that rejects crops without lung, on one window."""
    item = load_datalist(data, "training")[0]
    hu = StoredVolume(item["image"]).read((100, 100, 100), (64, 64, 33))

    def check() -> float:
        ours, literal = tissue_and_matter(hu, 32)[0], predictive.tissue_score(hu, 32)
        if abs(ours - literal) > 1e-12:
            raise ValueError(f"tissue score: {ours}, literal {literal}")
        return 1.0

    return Case(
        name="tissue test, 64 x 64 x 32",
        ours=lambda: tissue_and_matter(hu, 32),
        samples=1,
        literal=lambda: predictive.tissue_score(hu, 32),
        check=check,
        literal_samples=1,
    )


def scan_cases(data: Path, scratch: Path) -> list[Case]:
    """All cases of this kind."""
    path = save_literal_scan(data, scratch)
    cases = [*_rotation(data, path), *_relative(data, path, scratch)]
    for method in PUZZLES:
        cases += _puzzle(method, data, path, scratch)
    return [*cases, _tissue(data)]

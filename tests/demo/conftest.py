"""What the demo's fine-tunings leave behind."""

import csv

import pytest

from medssl.demo.folders import ARMS, SEEDS, Folders

NODULES = [f"scan{scan}_{nodule}" for scan in range(7) for nodule in range(3)]


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)


def write(folders, dice):
    """``dice(arm, seed)``: the figures of all nodules."""
    for arm in ARMS:
        for seed in SEEDS:
            folder = folders.task(arm, seed)
            folder.mkdir(parents=True)
            with (folder / "dice_raw.csv").open("w", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(["filename", "class0", "mean"])
                values = dice(arm, seed)
                writer.writerows(zip(NODULES, values, values, strict=True))

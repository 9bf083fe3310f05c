"""Where the demo keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PRETRAIN, TASK = "pretrain_models_genesis", "lung_nodule_ct_segmentation"
ARMS = ("pretrained", "scratch")
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Folders:
    """Where the demo keeps its things."""

    root: Path

    @property
    def raw(self) -> Path:
        return self.root / "phantom_luna16"

    @property
    def labelled(self) -> Path:
        return self.root / "data_phantom"

    @property
    def pretraining(self) -> Path:
        return self.root / PRETRAIN

    def task(self, arm: str, seed: int) -> Path:
        return self.root / f"{TASK}_{arm}_{seed}"

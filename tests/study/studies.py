"""A small study, and the paper's own."""

import time
from pathlib import Path

STUDY = Path(__file__).resolve().parents[2] / "study"
PAPER = STUDY / "study.yaml"
SMALL = """
name: small
data: {chest: prepared, nodules: prepared}
pretrain_data: chest
methods: {mg: pretrain_models_genesis, simclr: {bundle: pretrain_simclr, temperature: 0.1}}
variants: {noskip: {method: mg, skip: false}}
tasks:
  ncs: {bundle: lung_nodule_ct_segmentation, data: nodules, metric: dice}
seeds: [0, 1]
pretrain_seeds: [0]
common: {all: {num_workers: 0, base_channels: 2}, task: {max_epochs: 1}}
experiments:
  table3: {start: [scratch, mg, simclr], task: [ncs]}
  fig8: {start: [mg], task: [ncs], scheme: [full, warmup]}
"""


def written(folder: Path, text: str = SMALL, name: str = "small.yaml") -> Path:
    """A study's file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def begun(study, key):
    """Wait until a run has logged a step; its folder."""
    models = study / "runs" / key / "models"
    until = time.monotonic() + 300
    while not (models / "trace.jsonl").is_file() or not (models / "trace.jsonl").stat().st_size:
        assert time.monotonic() < until
        time.sleep(0.02)
    return models

"""A prepared phantom, a study of it, and Snakemake where it is installed."""

import shutil
import sys
from pathlib import Path

import pytest

from medssl.study.contents import place_data, read_digests
from medssl.study.plan import make_plan
from medssl.study.settings import read_settings

from ..bundles.conftest import phantom, prepared  # noqa: F401
from .studies import written

TINY = """
base: small.yaml
name: tiny
seeds: [0]
common:
  all: {device: cpu, num_workers: 0, base_channels: 2, batch_size: 2, max_epochs: 1,
        val_interval: 1, checkpoint_every: 1, crop_size: [16, 16, 16]}
  pretrain: {crops_per_scan: 4}
variants: {noskip: null}
methods: {simclr: null}
experiments:
  table3: {start: [scratch, mg], task: [ncs]}
  fig8: {start: [mg], task: [ncs], scheme: [full, warmup]}
"""


@pytest.fixture
def tiny(tmp_path, prepared):  # noqa: F811
    """A study of seconds on the phantom: its YAML file, its plan, and the folder of the plan."""
    return planned(tmp_path, prepared, TINY)


@pytest.fixture
def endless(tmp_path, prepared):  # noqa: F811
    """As ``tiny``, but its runs last longer than anyone waits."""
    return planned(tmp_path, prepared, TINY.replace("max_epochs: 1,", "max_epochs: 100000,"))


def planned(tmp_path, prepared, study):  # noqa: F811
    written(tmp_path)
    path = written(tmp_path, study, "tiny.yaml")
    settings = place_data(read_settings(path), prepared.parent)
    settings["data"] = dict.fromkeys(settings["data"], str(prepared))
    plan = make_plan(settings, read_digests(settings))
    plan.write(tmp_path / "study")
    return path, plan, tmp_path / "study"


@pytest.fixture(scope="session")
def snakemake() -> str:
    """The executable; tests that need it are skipped where the extra ``study`` is not installed."""
    beside = Path(sys.executable).with_name("snakemake")
    found = str(beside) if beside.is_file() else shutil.which("snakemake")
    if found is None:
        pytest.skip("snakemake is not installed: pip install -r requirements-study.txt")
    return found

"""Real scans are dealt to splits in a way that runs take."""

import json

import numpy as np
import pytest

from medssl.store import load_datalist
from medssl.store.open_volumes import open_volume
from real.data import SPLITS, prepare, stage
from tests.scans import save_nifti, small_ct


@pytest.fixture
def staged(tmp_path):
    for seed in range(3):
        array = small_ct((14, 12, 10), seed=seed)
        save_nifti(tmp_path / "raw" / str(seed) / "ct.nii.gz", array)
        save_nifti(tmp_path / "raw" / str(seed) / "seg.nii.gz", (array > 0).astype(np.uint8))
    return stage(
        tmp_path / "raw", tmp_path / "staged", {f"s{n}": str(n) for n in range(3)}, "seg.nii.gz"
    )


def test_a_scan_may_be_in_several_splits_and_is_read_from_each(staged, tmp_path):
    dealt = {"training": ["s0", "s2"], "validation": ["s1"], "test": ["s2"]}
    for turn in range(2):  # a run that goes on deals again
        folder = prepare(staged, tmp_path / "made", 1.0, **dealt)
        for split in SPLITS:
            items = load_datalist(folder, split, labelled=True)
            assert [item["id"] for item in items] == dealt[split], turn
            for item in items:
                seed = int(item["id"][1:])
                expected = small_ct((14, 12, 10), seed=seed)
                assert np.array_equal(open_volume(item["image"]).read_all(), expected)
    prepared = json.loads((tmp_path / "made" / "datalist.json").read_text(encoding="utf-8"))
    assert {item["id"] for item in prepared["training"]} == {"s0", "s1", "s2"}

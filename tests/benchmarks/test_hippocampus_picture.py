"""The picture's dice are those of the files, however a file's voxels are ordered."""

import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from hippocampus_picture import SHOWN, draw_cases


def save(path, array, flipped):
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.eye(4)
    if flipped:
        array, affine[0, 0] = array[::-1], -1.0
        affine[0, 3] = array.shape[0] - 1
    nib.save(nib.Nifti1Image(array, affine), path)


def test_dice_are_read_back_from_the_masks(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 3, (SHOWN, 2, 9, 8, 7)).astype(np.float64)
    given, expected = {}, {}
    for number, (truth, found) in enumerate(drawn):
        case = f"case_{number}"
        save(tmp_path / f"in/imagesTr/{case}_0000.nii.gz", truth + found, False)
        save(tmp_path / f"in/labelsTr/{case}.nii.gz", truth, number % 2)
        save(tmp_path / f"masks/{case}.nii.gz", found, number % 3)
        given[case] = {"anterior": number / 10, "posterior": 0.0}
        expected[case] = [
            2 * ((truth == n) & (found == n)).sum() / ((truth == n).sum() + (found == n).sum())
            for n in (1, 2)
        ]
    dice = draw_cases(tmp_path / "in", tmp_path / "masks", given, tmp_path / "out.png")
    assert {case: list(each.values()) for case, each in dice.items()} == {
        case: pytest.approx(each) for case, each in expected.items()
    }
    assert (tmp_path / "out.png").stat().st_size > 0

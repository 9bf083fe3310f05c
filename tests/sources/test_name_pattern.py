"""The pattern proposed takes the scans, each by a name of its own, and nothing else."""

import pytest

from medssl.sources.name_pattern import pattern_of


@pytest.mark.parametrize(
    ("names", "others", "pattern"),
    [
        (["a/ct.nii.gz", "b/ct.nii.gz"], ["a/mask.nii.gz", "b/mask.nii.gz"], "*/ct.nii.gz"),
        (["a/ct.nii.gz"], ["a/mask.nii.gz"], "*/ct.nii.gz"),
        (["x/a/ct.nii", "x/b/ct.nii"], ["x/b/m.nii"], "*/*/ct.nii"),
        (["1_ct.nii", "2_ct.nii"], ["1_seg.nii"], "*_ct.nii"),
        (["11_ct.nii", "21_ct.nii"], ["21_seg.nii"], "*_ct.nii"),
        (["p/1_ct.nii", "p/2_ct.nii"], ["p/1_seg.nii"], "*/*_ct.nii"),
        # Another depth, nothing that tells them apart, no *, two scans of one id.
        (["a/ct.nii", "ct.nii"], ["m.nii"], ""),
        (["1.nii", "2.nii"], ["3.nii"], ""),
        (["1.nii", "11.nii"], ["2.nii"], ""),
        (["ct.nii", "xct.nii"], ["m.nii"], ""),
        (["a", "b"], ["c"], ""),
        (["ct.nii"], ["mask.nii"], ""),
        (["x/a/ct.nii", "y/a/ct.nii"], ["y/a/m.nii"], ""),
        (["a/c?.nii"], ["a/m.nii"], ""),
    ],
)
def test_it_takes_the_scans_alone(names, others, pattern):
    assert pattern_of(names, others) == pattern

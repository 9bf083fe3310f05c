"""Names that tell classes apart by their side."""

import pytest

from medssl.sides import sided_axes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("left lung", "kidney_R", "LeftKidney", "kidneyRight", "RH2")),
        *((name, False) for name in ("liver", "cleft", "bright", "Cleft2", "LVEF", "RATE")),
        *((name, False) for name in ("vertebra_L1", "L5", "vertebraL4", "lumbar L4/L5", "R2")),
        *((name, True) for name in ("left2", "lung_L_2", "kidney_l")),
    ],
)
def test_a_side_is_a_word_of_its_own(name, expected):
    assert sided_axes([name]) == ({"x": [name]} if expected else {})


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["anterior", "posterior"], "y"),
        (["inferior_vena_cava", "liver"], ""),
        (["UpperLobe", "lower_lobe", "heart"], "z"),
        (["lung_upper_lobe_left", "lung_lower_lobe_left"], "xz"),
        (["anterior_cruciate", "superior"], ""),
    ],
)
def test_both_ends_must_be_classes_but_of_left_and_right(names, axes):
    assert "".join(sided_axes(names)) == axes

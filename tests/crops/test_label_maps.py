"""Values become classes: by a loop, and refused where they name nothing."""

import numpy as np
import pytest

from medssl.crops.label_maps import class_locations, classes_left, to_classes
from medssl.errors import UserError
from medssl.store import write_volume


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("classes", [((1,),), ((2, 4), (1,)), ((1,), (2,), (3,), (200,))])
def test_classes_are_numbered_in_their_order_and_the_rest_is_background(classes, dtype):
    label = np.random.default_rng(0).choice([0, 1, 2, 3, 4, 200], (4, 5, 6)).astype(dtype)
    found = to_classes(label, classes)
    assert found.dtype == np.uint8
    for place in np.ndindex(label.shape):
        expected = [number for number, group in enumerate(classes, 1) if label[place] in group]
        assert found[place] == (expected[0] if expected else 0)


def test_a_scan_stored_in_bytes_may_lack_a_class_of_a_larger_value():
    """Each scan is stored by the values that it holds: 300 in one of them, 1 alone in another."""
    classes = ((1, 300), (256,), (65535,), (2,))
    bytes_alone = np.array([[[0, 1, 2, 255]]], np.uint8)
    assert to_classes(bytes_alone, classes).tolist() == [[[0, 1, 4, 0]]]
    wide = np.array([[[0, 1, 2, 256, 300, 65535]]], np.uint16)
    assert to_classes(wide, classes).tolist() == [[[0, 1, 4, 2, 1, 3]]]


def test_a_class_needs_one_scan_that_shows_one_of_its_values():
    data = [{"label_values": [1]}, {"label_values": [2, 5]}]
    classes_left(((1,), (2, 9)), data)
    with pytest.raises(UserError, match=r"holds label \[3, 4\], they hold \[1, 2, 5\]"):
        classes_left(((1,), (3, 4)), data)
    with pytest.raises(
        UserError, match=r"--classes#names .*, or go on without: --unshown_classes keep"
    ):
        classes_left(((1,), (3, 4)), data)
    with pytest.raises(UserError, match=r"--classes#names .* or add scans that show it$"):
        classes_left(((3,), (4,)), data)  # of none shown there is nothing to go on with


def test_a_class_that_no_scan_shows_is_kept_or_unlearnt_as_asked(capsys):
    data, classes = [{"label_values": [1]}, {"label_values": [4]}], ((1,), (2,), (3, 4), (5,))
    assert classes_left(classes, data, "keep") == (1, 3)
    assert "holds label [2], [5], which stays as the weights know it" in capsys.readouterr().out
    assert classes_left(classes, data, "background") == ()
    assert "is learnt as background" in capsys.readouterr().out
    for unshown in ("keep", "background"):
        with pytest.raises(UserError, match=r"holds label \[7\], they hold \[1, 4\]"):
            classes_left(((7,), (8,)), data, unshown)
    with pytest.raises(UserError, match="unshown_classes: 'x', expected one of refuse, keep"):
        classes_left(classes, data, "x")


def save(folder, label):
    path = folder / "label.b2nd"
    write_volume(path, label, np.eye(4))
    return str(path)


def test_all_voxels_of_a_small_class_are_found(tmp_path):
    label = np.random.default_rng(1).integers(0, 4, (7, 6, 5)).astype(np.uint8)
    found = class_locations(save(tmp_path, label), (1, 3))
    assert np.array_equal(found, np.argwhere((label == 1) | (label == 3)))


def test_of_a_large_class_every_part_stays(tmp_path):
    label = np.ones((40, 40, 40), np.uint8)
    found = class_locations(save(tmp_path, label), (1,))
    assert len(found) == len(np.unique(found, axis=0)) == 10_000
    thirds = np.histogram(found[:, 0], bins=4, range=(0, 40))[0]
    assert (np.abs(thirds - 2500) <= 2).all()
    assert {tuple(found[0]), tuple(found[-1])} == {(0, 0, 0), (39, 39, 39)}

"""Settings that are hardly meant are told when a training starts."""

import json

import pytest

from medssl.engines.tell import tell_left_values, tell_mirrored_sides, tell_narrow_window

from .test_running import Workflow


@pytest.mark.parametrize(
    ("names", "augmentation", "axes", "told"),
    [
        (["left", "right"], "strong", "xyz", "yz"),
        (["anterior", "posterior"], "strong", "xyz", "xz"),
        (["left", "right"], "strong", "yz", None),
        (["left", "right"], "none", "xyz", None),
        (["liver"], "strong", "xyz", None),
    ],
)
@pytest.mark.parametrize("key", ["class_names", "classes"])
def test_sides_that_are_mirrored_are_told(key, names, augmentation, axes, told, capsys):
    """Of label maps ``class_names`` has the names, of a table ``classes`` itself."""
    config = {key: names, "augmentation": augmentation, "flip_axes": axes}
    Workflow(config).call(tell_mirrored_sides)
    said = capsys.readouterr().err
    assert f"give --flip_axes '{told}'" in said if told else not said


@pytest.mark.parametrize(
    ("rule", "window", "told"),
    [
        ("percentile", [-200, 200], True),
        ("zscore", [-1000, 1000], False),
        ("hu", [-200, 200], False),
        ("percentile", None, False),
    ],
)
def test_a_window_made_for_hu_is_told_where_there_are_none(rule, window, told, capsys):
    tell_narrow_window({"intensity": rule, "window": window})
    assert ("give --window '[-1000,1000]'" in capsys.readouterr().err) == told


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ([[1], [2]], "[[1], [2]] leave out label 3 (kidney), 9, which"),
        ([[1, 2, 3], [3]], "leave out label 9, which"),
        ([[1], [2, 3], [9]], None),
        (["a", "b"], None),
        (None, None),
    ],
)
def test_label_values_that_no_class_takes_are_told(classes, told, tmp_path, capsys):
    """A release of two classes, trained on a folder of four, took the others for background."""
    (tmp_path / "datalist.json").write_text(json.dumps({"labels": {"1": "a", "3": "kidney"}}))
    config = {"classes": classes, "dataset_dir": str(tmp_path)}
    items = [{"label_values": [1, 3]}, {"label_values": [2, 9]}, {}]
    Workflow(config).call(lambda: tell_left_values(items))
    said = capsys.readouterr().err
    assert told in said if told else not said

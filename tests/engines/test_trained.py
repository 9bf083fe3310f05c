"""What a model knows of itself is taken over, and what contradicts it is refused."""

import json
from contextlib import nullcontext

import pytest

from medssl.engines import Trained
from medssl.engines.known_keys import bound
from medssl.engines.trained import (
    refuse_contradictions,
    refuse_other_names,
    refuse_other_scans,
    refuse_other_task,
)
from medssl.errors import UserError
from medssl.store.contract import ScanContract

SCAN = {**ScanContract((4.0, 4.0, 4.0)).as_dict(), "window": [-200, 200], "classes": [[1, 2]]}


@pytest.fixture
def model(tmp_path):
    content = {"scan": SCAN, "network": {"base_channels": 16}}
    (tmp_path / "provenance.json").write_text(json.dumps(content))
    return tmp_path / "model.pt"


def test_the_run_goes_before_the_default(model, tmp_path):
    default = {"base_channels": 32, "skip": True}
    trained = Trained(model, default)
    assert (trained["base_channels"], trained["spacing"]) == (16, [4.0, 4.0, 4.0])
    assert trained["skip"] is True
    untrained = Trained(tmp_path / "elsewhere" / "model.pt", default)
    assert dict(untrained) == default
    assert untrained.contract is None


def test_of_the_automatic_crop_rule_the_one_is_known_that_was_found(tmp_path):
    record = {"scan": {**SCAN, "crop_rule": "auto"}, "crops": {"crop_rule": "lung", "scans": 3}}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    assert Trained(tmp_path / "model.pt")["crop_rule"] == "lung"
    (tmp_path / "provenance.json").write_text(json.dumps({**record, "crops": {}}))
    assert Trained(tmp_path / "model.pt")["crop_rule"] == "auto"


def test_other_orders_are_another_task(tmp_path):
    scan = {**SCAN, "permutations": "greedy_sum", "gap": 0}
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": scan}))
    trained = Trained(tmp_path / "model.pt")
    assert (trained["gap"], trained["permutations"]) == (0, "greedy_sum")
    assert {"permutations", "window"} <= set(bound())
    assert "gap" not in bound()
    with pytest.raises(UserError, match=r"permutations: maximin is asked for"):
        refuse_contradictions(trained, {"permutations": "maximin"})


def test_what_every_run_leaves_is_not_made_up(model):
    """Without its window a model would see grey values in that of the bundle."""
    record = json.loads((model.parent / "provenance.json").read_text())
    record["scan"] = {key: value for key, value in record["scan"].items() if key != "window"}
    (model.parent / "provenance.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"says nothing of window, which .* or give --window"):
        Trained(model, {"window": [-1000, 1000]})["window"]


def test_what_nobody_knows_is_said_by_key(model):
    with pytest.raises(UserError, match=r"says anything of crop_size; give --crop_size"):
        Trained(model.parent)["crop_size"]
    with pytest.raises(UserError, match=r"model\.pt: no such file; train first"):
        Trained(model)["crop_size"]


@pytest.mark.parametrize("content", ["{", "[]"])
def test_damage_is_one_line(model, content):
    (model.parent / "provenance.json").write_text(content)
    with pytest.raises(UserError, match=r"provenance\.json: .*train again"):
        Trained(model, {"spacing": None})["spacing"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("spacing", [2, 2, 2]), ("base_channels", 8), ("window", [-1000, 1000]), ("classes", [[1]])],
)
def test_contradictions_are_refused_with_both_values(model, key, value):
    known = {**SCAN, "base_channels": 16}[key]
    with pytest.raises(UserError) as caught:
        refuse_contradictions(Trained(model), {key: value})
    assert str(caught.value).startswith(f"{key}: {value} is asked for")
    assert str(known) in str(caught.value)


def test_the_same_in_other_types_and_null_are_no_contradiction(model):
    asked = {"spacing": (4, 4, 4), "window": [-200.0, 200.0], "base_channels": None, "other": 5}
    refuse_contradictions(Trained(model), asked)
    refuse_contradictions(Trained(model), {"spacing": 4})


@pytest.mark.parametrize("change", [{"spacing": [2.0, 2.0, 2.0]}, {"spacing": None}])
def test_scans_prepared_in_another_way_are_refused(model, change):
    refuse_other_scans(Trained(model), [{"image": "a", "scan": SCAN}, {"image": "raw"}])
    with pytest.raises(UserError, match="b: prepared with spacing"):
        refuse_other_scans(Trained(model), [{"image": "b", "scan": {**SCAN, **change}}])


def test_what_an_older_version_left_is_refused_and_not_replaced_by_defaults(tmp_path):
    (tmp_path / "provenance.json").write_text(json.dumps({"config": {"window": [0, 1]}}))
    with pytest.raises(UserError, match=r"0\.1\.0 or older wrote it; train again"):
        Trained(tmp_path / "model.pt", {"spacing": [2, 2, 2]})["spacing"]
    (tmp_path / "provenance.json").write_text(json.dumps({"trained": False}))
    assert Trained(tmp_path / "model.pt", {"spacing": [2, 2, 2]})["spacing"] == [2, 2, 2]


def test_blurring_is_compared_however_it_is_written(model):
    for same in (True, "true", "True"):
        refuse_contradictions(Trained(model), {"antialias": same})
    with pytest.raises(UserError, match="antialias: false is asked for, the model was trained wi"):
        refuse_contradictions(Trained(model), {"antialias": "false"})
    with pytest.raises(UserError, match="b: prepared with antialias False, the model was trained"):
        refuse_other_scans(Trained(model), [{"image": "b", "scan": {**SCAN, "antialias": False}}])


def test_scans_clipped_in_another_way_are_refused(model):
    with pytest.raises(UserError, match="b: prepared with clip"):
        refuse_other_scans(
            Trained(model), [{"image": "b", "scan": {**SCAN, "clip": [-100.0, 100.0]}}]
        )


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["b", "a"], True),
        (["c", "a"], True),  # a would be scored by what was learnt of b
        (["a", "b"], False),
        (["a", "c"], False),  # another name of the same, for all that is known
        (["c", "d"], False),
    ],
)
def test_classes_in_another_order_are_refused(model, names, refused):
    scan = {**SCAN, "class_names": ["a", "b"]}
    (model.parent / "provenance.json").write_text(json.dumps({"scan": scan}))
    with pytest.raises(UserError, match="trained with a, b") if refused else nullcontext():
        refuse_other_names(Trained(model), names)
    refuse_other_names(Trained(model), ["1", "2"])  # numbers, where a folder names nothing


def test_weights_of_another_task_are_refused_though_they_fit(tmp_path):
    """A U-Net that restores crops has the shapes of one that marks nodules."""
    record = {"bundle": "pretrain_x", "task": "restoring", "scan": SCAN}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    trained = Trained(tmp_path / "model.pt")
    refuse_other_task(trained, "restoring")
    refuse_other_task(trained, None)
    refuse_other_task(Trained(tmp_path / "elsewhere" / "model.pt"), "marking")
    with pytest.raises(UserError, match=r"weights of pretrain_x \(restoring\).*task \(marking\)"):
        refuse_other_task(trained, "marking")

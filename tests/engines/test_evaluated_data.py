"""Tables are of the scans, labels and classes that are there now, or refused."""

import json
from types import SimpleNamespace

import pytest

from medssl.engines.evaluated_data import judged, note_data, refuse_other_classes, refuse_other_data
from medssl.engines.evaluation import noted
from medssl.engines.identity import digest
from medssl.errors import UserError
from medssl.store.contract import ScanContract
from medssl.store.joined import join


def test_other_voxels_and_other_labels_under_the_same_name_are_told(tmp_path):
    """Of each channel; a label that the evaluation did not see may change."""
    one = {"id": "a_0000", "voxels_sha256": 20 * "1", "label_voxels_sha256": 20 * "2"}
    two = {"id": "a_0001", "voxels_sha256": 20 * "3", "facts": {"case": "a", "channel": 1}}
    one["facts"] = {"case": "a", "channel": 0}
    contract = ScanContract(channels=("T1", "T2"))
    (joined,) = join([two, one], contract, tmp_path)
    engine = SimpleNamespace(state=SimpleNamespace(tables={"dice_raw.csv": "4"}))
    pair = {"id": "pair"}
    note_data(engine, [joined, {"id": "b", "voxels_sha256": 20 * "5"}, pair])
    (tmp_path / "metrics.json").write_text(json.dumps(noted(engine, tmp_path)))
    assert judged(tmp_path, [one, joined, pair, {"id": "c"}]) == [one, joined, pair]
    other = {"id": "b", "voxels_sha256": 20 * "5", "label_voxels_sha256": "new"}
    refuse_other_data(tmp_path, [one, two, other, {"id": "c", "voxels_sha256": "6"}])
    for changed in (
        {**one, "label_voxels_sha256": "new"},
        {**two, "voxels_sha256": "new"},
        {**other, "voxels_sha256": "new"},
    ):
        said = rf"metrics\.json: of other voxels or another label of {changed['id']} than"
        with pytest.raises(UserError, match=said):
            refuse_other_data(tmp_path, [changed])


def test_hashes_of_data_may_be_in_capitals_on_either_side(tmp_path):
    small, capital = 20 * "a", 20 * "A"
    for was, now in ((small, capital), (capital, small)):
        said = {"data": {"a": f"voxels_sha256:{was[:16]}"}}
        (tmp_path / "metrics.json").write_text(json.dumps(said))
        refuse_other_data(tmp_path, [{"id": "a", "voxels_sha256": now}])


@pytest.mark.parametrize("lacking", ["voxels_sha256", "label_voxels_sha256"])
def test_a_data_list_without_hashes_is_told_as_one(tmp_path, lacking):
    item = {"id": "a", "voxels_sha256": "1", "label_voxels_sha256": "2"}
    said = {"data": {"a": "voxels_sha256:1 label_voxels_sha256:2"}}
    (tmp_path / "metrics.json").write_text(json.dumps(said))
    refuse_other_data(tmp_path, [item])
    del item[lacking]
    told = rf"metrics\.json: has {lacking} of a, but the data list has none .* prepare` again$"
    with pytest.raises(UserError, match=told):
        refuse_other_data(tmp_path, [item])


@pytest.mark.parametrize("other", [{"table": "q/labels.csv"}, {}])
def test_cases_have_their_classes_from_one_table(other):
    engine = SimpleNamespace(state=SimpleNamespace())
    place = {"image": "p/volumes/a.b2nd", "table": "p/labels.csv"}
    note_data(engine, [{"id": "a", **place}, {"id": "b", **place}])
    assert engine.state.class_table == "labels.csv"
    told = (
        r"data: cases with classes of several tables \(.*p/labels\.csv.*\), expected one table; ev"
    )
    with pytest.raises(UserError, match=told):
        note_data(engine, [{"id": "a", **place}, {"id": "b", "image": place["image"], **other}])


def test_where_no_scan_has_a_hash_any_may_have_been_judged(tmp_path):
    engine = SimpleNamespace(state=SimpleNamespace(tables={"dice_raw.csv": "4"}))
    note_data(engine, [{"id": "pair"}])
    assert noted(engine, tmp_path)["data"] == {}
    for text in ('{"data": {}}', "{}"):
        (tmp_path / "metrics.json").write_text(text)
        assert judged(tmp_path, [{"id": "c"}]) == [{"id": "c"}]


def test_data_of_another_form_are_refused(tmp_path):
    (tmp_path / "metrics.json").write_text('{"data": {"a": 1}}')
    with pytest.raises(UserError, match=r"damaged .data.a: 1, expected text"):
        refuse_other_data(tmp_path, [])


def test_classes_are_known_by_a_hash_which_may_be_in_capitals(tmp_path):
    said = {"classes": {"candidates.csv": digest([0, 1]).upper()}}
    (tmp_path / "metrics.json").write_text(json.dumps(said))
    refuse_other_classes(tmp_path / "candidates.csv", [0, 1])
    with pytest.raises(UserError, match="judged against other classes"):
        refuse_other_classes(tmp_path / "candidates.csv", [1, 1])

"""``medssl plan``: an overlay that trains as it stands, with a reason for each key."""

import json

import pytest
from monai.bundle import run

from medssl.analysis.plan import REASONS, check_place, make_plan
from medssl.errors import UserError
from medssl.files import write_json
from medssl.sources.listed_sets import prepare_listed

from ...bundles.conftest import arguments
from ...sources.test_listed_sets import nnunet
from .conftest import CPU


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("plan")
    source = nnunet(root / "Dataset001_Own", count=8)
    prepare_listed(
        "nnunet", source, root / "data", spacing="native", workers=1, fractions=(0.5, 0.3, 0.2)
    )
    return root / "data"


def plan(folder, **options):
    return make_plan(folder, machine=CPU, timed=lambda *_: 0.01, **options)


def test_each_key_has_a_reason_and_the_same_data_give_the_same_plan(folder, tmp_path):
    found = plan(folder)
    found.write(tmp_path / "plan.json")
    written = json.loads((tmp_path / "plan.json").read_text())
    reasons = written.pop(REASONS)
    assert reasons.keys() == written.keys()
    assert all(len(why) > 10 and "\n" not in why for why in reasons.values())
    assert all(f"{key} " in str(found) and why in str(found) for key, why in reasons.items())
    assert "core (" in str(found)
    plan(folder).write(tmp_path / "again.json")
    assert (tmp_path / "plan.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_the_network_is_trained_by_the_plan(folder, tmp_path):
    plan(folder).write(tmp_path / "plan.json")
    given = arguments("volume_segmentation", ["train"], folder, output_dir=str(tmp_path / "out"))
    given["config_file"].append(str(tmp_path / "plan.json"))
    run(**given, max_epochs=1, base_channels=2, crops_per_scan=1, num_workers=0)
    kept = json.loads((tmp_path / "out/provenance.json").read_text())
    written = json.loads((tmp_path / "plan.json").read_text())
    assert kept["scan"]["crop_size"] == kept["scan"]["window_size"] == written["crop_size"]
    assert kept["scan"]["class_names"] == ["core", "rim"]


def test_weights_bring_their_width(folder, tmp_path):
    write_json(tmp_path / "provenance.json", {"network": {"base_channels": 12}, "scan": {}})
    (tmp_path / "model.pt").touch()
    assert plan(folder, pretrained=tmp_path / "model.pt").settled["base_channels"][0] == 12


def test_a_fold_is_planned_by_the_scans_that_it_trains_on(tmp_path):
    """Fold 0 trains on other scans than the one split; the plan names it and the run takes it."""
    source = nnunet(tmp_path / "Dataset001_Own", count=8)
    prepare_listed("nnunet", source, tmp_path / "data", spacing="native", workers=1, folds=2)
    training = json.loads((tmp_path / "data/datalist_fold0.json").read_text())["training"]
    one_split = json.loads((tmp_path / "data/datalist.json").read_text())["training"]
    assert len(training) != len(one_split)
    found = plan(tmp_path / "data", fold=0)
    assert found.facts.scans == len(training)
    assert f"{len(training)} training scans (fold 0) of" in str(found)
    found.write(tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text())["fold"] == 0
    assert "fold" not in plan(tmp_path / "data").settled
    with pytest.raises(UserError, match=r"fold: 2, but .* has folds 0 to 1"):
        plan(tmp_path / "data", fold=2)


def test_a_folder_without_folds_has_no_plan_for_one(folder):
    with pytest.raises(UserError, match=r"fold: 0, but .* has no folds; prepare it with --folds K"):
        plan(folder, fold=0)


@pytest.mark.parametrize("hours", [0, -1, "two"])
def test_hours_are_a_number(folder, hours):
    with pytest.raises(UserError, match=r"--hours: .* above 0"):
        plan(folder, hours=hours)


def test_a_plan_takes_the_place_of_an_earlier_one_alone(folder, tmp_path):
    place = tmp_path / "plan.json"
    plan(folder).write(place)
    check_place(place)
    place.write_text('{"my": "data"}')
    with pytest.raises(UserError, match=r"plan\.json: there already, and no overlay of"):
        check_place(place)

"""A run's record is no program: what it would run beside its bundle's own code is told first."""

import json

import pytest

from medssl.analysis import diagnose
from medssl.analysis.health.run_folder import read_run
from medssl.engines.identity import FORMAT, flatten
from medssl.errors import UserError
from tests.bundles.conftest import BUNDLES

BUNDLE = BUNDLES / "pretrain_simclr"
DATA = {"validation": [{"id": "s1", "patient": "p1"}]}
TOLD = "running the code in {} that pretrain_simclr does not have: "


@pytest.fixture
def run(tmp_path):
    """Writes the record of a run of SimCLR, with something else in it."""

    def write(scan=None, **changed):
        config = flatten(json.loads((BUNDLE / "configs" / "train.json").read_text()))
        content = {"format": FORMAT, "config": {**config, **changed}, "data": DATA}
        (tmp_path / "run.json").write_text(json.dumps({**content, "scan": scan or {}}))
        (tmp_path / "trace.jsonl").write_text('{"iteration": 1, "epoch": 1, "loss": 1.0}\n')
        return tmp_path

    return write


def test_the_own_code_of_a_bundle_is_no_news(run, capsys):
    diagnose(run(max_epochs=3, learning_rate=0.5))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batch_size", "$[print('run'), 4][1]"),
        ("crop_size", ["$print('run')", 8, 8]),
        ("optimizer::_target_", "builtins.print"),
        ("batch_size", {"_target_": "builtins.print"}),
    ],
)
def test_other_code_is_told_before_it_is_run(run, capsys, key, value):
    folder = run(**{key: value, "extra::_target_": "builtins.print"})
    try:
        diagnose(folder)
    except (UserError, RuntimeError):
        assert isinstance(value, dict)  # no number came of it
    said = capsys.readouterr().err
    assert said.startswith(TOLD.format(folder / "run.json") + repr(f"{key}: {value}"[:100]))
    assert "and 1 more" in said


@pytest.mark.parametrize("value", ["$print('run')", {"_target_": "builtins.print"}, [["$1"]]])
def test_what_it_found_out_of_the_scans_is_data(run, capsys, value):
    with pytest.raises(UserError, match=r"run\.json: damaged \(scan\.tissue_limit.* is code"):
        read_run(run(scan={"tissue_limit": value}))
    assert capsys.readouterr().out == ""

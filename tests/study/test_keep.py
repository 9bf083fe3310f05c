"""What was run is not run twice, and nothing rests on weights that are not there."""

import shutil
from functools import partial

import pytest

from medssl.errors import UserError
from medssl.study.keep import PICTURE, SMALL, bring, keep
from medssl.study.result import write_result
from medssl.study.store import collect

from .results import planned, rewrite, write_results

TUNED = [key for key, run in planned().runs.items() if run.kind == "finetune"]


@pytest.fixture
def kept(tmp_path):
    """Kept results of a whole study, without the study."""
    study = write_results(tmp_path / "first")
    for key in planned().runs:
        (study / "runs" / key / "models").mkdir()
        (study / "runs" / key / "models" / "model.pt").write_bytes(b"heavy")
    assert set(keep(study, tmp_path / "kept")) == set(planned().runs)
    shutil.rmtree(study)
    return tmp_path / "kept"


def results_of(study):
    return {path.parent.name for path in study.glob("runs/*/result.json")}


def test_a_whole_study_comes_back_with_the_same_tables_and_no_weights(tmp_path, kept):
    planned().write(tmp_path / "second")
    bring(kept, tmp_path / "second")
    here, there = collect(tmp_path / "second"), collect(write_results(tmp_path / "again"))
    assert here.runs.equals(there.runs)
    assert here.cases.equals(there.cases)
    files = {path.relative_to(kept).parts[1:] for path in kept.rglob("*") if path.is_file()}
    assert {"/".join(parts) for parts in files} == set(SMALL)


def test_a_pretraining_is_run_again_for_the_one_that_still_needs_its_weights(tmp_path, kept):
    missing = next(key for key in TUNED if planned().runs[key].start == "mg")
    shutil.rmtree(kept / missing)
    planned().write(tmp_path / "second")
    brought = bring(kept, tmp_path / "second")
    assert set(planned().runs) - set(brought) == {missing, *planned().runs[missing].upstream}


def test_small_pictures_go_along_and_large_ones_are_named(tmp_path, capsys):
    study, key = write_results(tmp_path / "study"), TUNED[0]
    small, large = (study / "runs" / key / "test" / f"{name}.png" for name in ("gradcam", "huge"))
    small.write_bytes(b"picture")
    large.write_bytes(bytes(PICTURE + 1))
    keep(study, tmp_path / "kept")
    assert str(large) in capsys.readouterr().out
    planned().write(tmp_path / "second")
    bring(tmp_path / "kept", tmp_path / "second")
    brought = tmp_path / "second" / "runs" / key / "test"
    assert (brought / "gradcam.png").read_bytes() == b"picture"
    assert not (brought / "huge.png").exists()


def test_what_is_here_stays_and_its_weights_serve(tmp_path, kept):
    missing = next(key for key in TUNED if planned().runs[key].start == "mg")
    upstream = planned().runs[missing].upstream[0]
    shutil.rmtree(kept / missing)
    study = tmp_path / "second"
    planned().write(study)
    (study / "runs" / upstream).mkdir(parents=True)
    own = study / "runs" / upstream / "result.json"
    write_result(own.parent, {"key": upstream, "metrics": {"own": 1.0}})
    written = own.read_bytes()
    brought = bring(kept, study)
    assert own.read_bytes() == written
    assert set(planned().runs) - set(brought) == {missing, upstream}


def test_a_result_that_differs_from_a_kept_one_is_named_and_neither_is_lost(tmp_path, kept, capsys):
    study = write_results(tmp_path / "again")
    own = study / "runs" / TUNED[0] / "result.json"
    rewrite(own.parent, steps=6)
    assert keep(study, kept) == []
    there = kept / TUNED[0] / "result.json"
    assert capsys.readouterr().out == f"{there}: stays, and differs from {own}\n"
    assert '"steps": 5' in there.read_text()


def test_a_kept_table_of_cases_that_was_changed_is_named(tmp_path, kept):
    study = write_results(tmp_path / "again")
    table = kept / TUNED[0] / SMALL[0]
    table.write_text(table.read_text() + "x")
    with pytest.raises(UserError, match=rf"{TUNED[0]}.*not the table of cases that .* is of"):
        keep(study, kept)


def test_a_kept_result_that_is_damaged_is_named(tmp_path, kept):
    (kept / TUNED[0] / "result.json").write_text("[")
    with pytest.raises(UserError, match=rf"kept/{TUNED[0]}/result\.json: .*; remove it"):
        keep(write_results(tmp_path / "again"), kept)


def test_a_changed_table_of_cases_is_not_kept(tmp_path):
    study = write_results(tmp_path / "study")
    (study / "runs" / TUNED[0] / "test" / "outcomes.csv").write_text("other")
    with pytest.raises(UserError, match="not the table of cases"):
        keep(study, tmp_path / "place")
    assert not (tmp_path / "place" / TUNED[0]).exists()


def test_keeping_twice_adds_what_is_new(tmp_path, kept):
    study = write_results(tmp_path / "more")
    assert keep(study, kept) == []
    shutil.rmtree(kept / TUNED[0])
    assert keep(study, kept) == [TUNED[0]]


def test_results_of_another_study_are_left_alone(tmp_path, kept):
    (kept / TUNED[0]).rename(kept / "parts-scratch-s0-0123456789")
    planned().write(tmp_path / "second")
    bring(kept, tmp_path / "second")
    assert results_of(tmp_path / "second") == set(planned().runs) - {TUNED[0]} - set(
        planned().runs[TUNED[0]].upstream
    )
    assert bring(tmp_path / "nowhere", tmp_path / "second") == []
    with pytest.raises(UserError, match="no such file"):
        bring(kept, tmp_path / "nowhere")


def test_the_result_of_another_run_is_neither_kept_nor_brought(tmp_path, kept):
    one, other = TUNED[:2]
    study = write_results(tmp_path / "mixed")
    for folder in (study / "runs", kept):
        shutil.copyfile(folder / one / "result.json", folder / other / "result.json")
    said = rf"{other}/result\.json: the result of another run, {one}; remove it"
    with pytest.raises(UserError, match=said):
        keep(study, tmp_path / "new")
    planned().write(tmp_path / "second")
    with pytest.raises(UserError, match=said):
        bring(kept, tmp_path / "second")
    assert not (tmp_path / "second" / "runs" / other).exists()


def test_results_are_kept_in_folders(tmp_path):
    study, place = write_results(tmp_path / "first"), tmp_path / "file"
    place.touch()
    for move in (partial(keep, study, place), partial(bring, place, study)):
        with pytest.raises(UserError, match=r"file: no folder; name another one"):
            move()


@pytest.mark.parametrize("place", ["first", "first/kept", "first/runs"])
def test_results_are_not_kept_in_the_study_that_they_are_of(place, tmp_path):
    study = write_results(tmp_path / "first")
    with pytest.raises(UserError, match=r"in the study itself; name a folder apart"):
        keep(study, tmp_path / place)
    with pytest.raises(UserError, match=r"in the study itself"):  # before anything is run
        bring(tmp_path / place, study)

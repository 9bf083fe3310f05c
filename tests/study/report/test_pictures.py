"""Pictures of a page: drawn where the frame has something, copied where a run left them."""

from dataclasses import replace
from functools import partial

import pytest

from medssl.analysis.theory import simulate_theory
from medssl.errors import UserError
from medssl.study.report import pictures
from medssl.study.report.drawing import differences
from medssl.study.report.pictures import pictures_of
from medssl.study.runs import Cell
from medssl.study.store import collect
from medssl.study.tables import Table

from ..results import write_results
from .frames import frame, row, small

PNG = b"\x89PNG"


@pytest.fixture
def store(tmp_path):
    return collect(write_results(tmp_path / "study"))


def made(name, table, drawn, store, folder):
    return pictures_of(name, table, drawn, store, folder / "study", folder / "report")


def table(points=None):
    return Table("table8", "Figure 1: a title", lambda store: [], "", (), points)


def test_a_frame_with_differences_is_drawn_twice_over(store, tmp_path):
    (found,), notes = made("table8", table(), small(), store, tmp_path)
    assert notes == []
    assert found.png == "figures/table8-differences.png"
    assert (tmp_path / "report" / found.png).read_bytes().startswith(PNG)
    assert "<svg" in (tmp_path / "report" / found.svg).read_text(encoding="utf-8")
    assert found.alt == "Figure 1: a title: differences from the baseline"


def test_points_and_heat_maps_are_drawn_where_there_are_some(store, tmp_path):
    points = [{"row": "mg", "column": "c", "x": 1, "y": 0.5, "key": "k"}]
    found, _ = made("fig9", table(lambda store: points), small(), store, tmp_path)
    assert [one.png for one in found] == ["figures/fig9-curves.png", "figures/fig9-heat.png"]
    nothing = frame(row("mg", "c", "not run", None))
    assert made("table6", table(), nothing, store, tmp_path) == ([], [])


def test_curves_that_cannot_be_drawn_cost_a_line_and_leave_the_rest(store, tmp_path):
    (file, *_), _ = next((run.files, run) for run in store.plan.runs.values())

    def refuse(store):
        raise UserError(f"{file}: no such config")

    (found,), notes = made("table8", table(refuse), small(), store, tmp_path)
    assert found.png == "figures/table8-differences.png"
    (note,) = notes
    assert note.count("/") == 2  # the bundle's name, not where it lies
    assert note.startswith("Curves could not be drawn: ")
    assert note.endswith("/configs/train.json: no such config")


def test_figure_2_has_the_papers_grid(store, tmp_path):
    own = frame(row("mg", "sensitivity, r 0.05, N 100", "", 0.5, (0.1, 0.01)))
    (found,), _ = made("fig2", table(), own, store, tmp_path)
    assert found.png == "figures/fig2-grid.png"
    assert "n/f not feasible" in found.caption


def test_the_theorem_has_the_simulations_own_picture(store, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "simulate_theory", partial(simulate_theory, draws=100))
    (found,), _ = made("theorem2", table(), frame(), store, tmp_path)
    assert found.png == "figures/theorem2.png"
    assert (tmp_path / "report" / found.png).read_bytes().startswith(PNG)


def test_what_a_run_left_is_copied_once_for_each_start(store, tmp_path):
    places = {}
    for start, seed in (("mg", 0), ("mg", 1), ("jig", 0)):
        key = f"gradcam-{start}-{seed}"
        places[key] = Cell("fig11", "gradcam", "ncs", start, {}, seed, key)
        left = tmp_path / "study" / "runs" / key / "test" / "gradcam.png"
        left.parent.mkdir(parents=True)
        left.write_bytes(key.encode())
    plan = replace(store.plan, cells=(*store.plan.cells, *places.values()))
    found, _ = made("fig11", table(), frame(), replace(store, plan=plan), tmp_path)
    assert [one.key for one in found] == ["gradcam-mg-0", "gradcam-jig-0"]
    for one in found:
        assert (tmp_path / "report" / one.png).read_bytes() == one.key.encode()
        assert "looks" in one.alt


def test_restorations_are_of_the_first_seeds_and_what_cannot_be_drawn_is_said(
    store, tmp_path, monkeypatch
):
    cells = [c for c in store.plan.cells if c.kind == "pretrain"]
    keys = {run.start: key for key, run in store.plan.runs.items() if run.kind == "pretrain"}
    cells = [Cell("fig6", "pretrain", None, start, {}, 0, key) for start, key in keys.items()]
    plan = replace(store.plan, cells=tuple(cells))
    asked = []

    def refuse(models, data, files, overrides):
        asked.append((models, data, files))
        raise UserError(f"{data}: no scans there any more")

    monkeypatch.setattr(pictures, "restore_with", refuse)
    # What each run has left stands in its place, as where its results were kept without weights.
    left = tmp_path / "study" / "runs" / keys["mg"] / "test" / "restored.png"
    left.write_bytes(b"picture")
    found, notes = made("fig6", table(), frame(), replace(store, plan=plan), tmp_path)
    assert [one.key for one in found] == [keys["mg"]]
    assert (tmp_path / "report" / found[0].png).read_bytes() == b"picture"
    said = "Restored crops could not be drawn side by side: prepared: no scans there any more"
    assert notes == [said]
    (models, data, _) = asked[0]
    assert [word.split("=")[0] for word in models] == list(keys)
    assert all((str(tmp_path / "study" / "runs" / keys[w.split("=")[0]])) in w for w in models)
    assert data == "prepared"


def test_the_mark_of_a_synthetic_study_stands_right_above_its_picture(store):
    plain, marked = (
        pictures.stamped(differences(small()), replace(store.plan, synthetic=each))
        for each in (False, True)
    )
    assert [text.get_text() for text in marked.texts[len(plain.texts) :]] == ["SYNTHETIC"]
    before, after = plain.get_tightbbox(), marked.get_tightbbox()
    assert (after.x0, after.x1) == pytest.approx((before.x0, before.x1), abs=0.02)
    assert before.y1 < after.y1 < before.y1 + 0.3  # inches

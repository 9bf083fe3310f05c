"""Candidates: crops as channels, tables that read back, FROC beside the metrics."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from medssl.engines import CandidateFROC, ChannelwiseInferer, SaveCandidates, SaveMetrics
from medssl.engines.evaluation import of_evaluation
from medssl.store.marks import Marks, read_marks, write_marks
from tests.helpers import on_two_ranks

AT_A, AT_B = [10.5, -3.25, 7.0], [1 / 3, 2.0, -1e3]


def evaluator(batches):
    """An engine that decollates: one item for each case."""

    def step(engine, batch):
        engine.state.batch = batch
        return [{"pred": item["pred"]} for item in batch]

    engine = Engine(step)
    engine.run_on = lambda: engine.run(batches)
    return engine


def case(name, positions, probabilities):
    world = torch.tensor(positions, dtype=torch.float64)
    return {"case": name, "world_mm": world, "pred": torch.tensor(probabilities)}


def test_channels_are_judged_one_by_one_whatever_the_batch():
    inputs = torch.rand(2, 7, 4, 4, 4)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 1))
    expected = network(inputs.reshape(14, 1, 4, 4, 4)).reshape(2, 7)
    for size in (1, 3, 64):
        found = ChannelwiseInferer(batch_size=size)(inputs, network)
        torch.testing.assert_close(found, expected)


def test_images_of_several_channels_lie_side_by_side():
    inputs = torch.rand(2, 6, 4, 4, 4)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(128, 3))
    expected = [
        torch.cat([network(each[n : n + 2][None])[0] for n in (0, 2, 4)]) for each in inputs
    ]
    for size in (1, 4):
        found = ChannelwiseInferer(batch_size=size, channels=2)(inputs, network)
        torch.testing.assert_close(found, torch.stack(expected))


def test_the_figures_know_the_table_whichever_was_listed_first(tmp_path):
    engine = evaluator([[case("1.2", AT_A, [0.25])]])
    SaveMetrics(tmp_path / "metrics.json").attach(engine)
    SaveCandidates(tmp_path / "candidates.csv").attach(engine)
    engine.run_on()
    table = tmp_path / "candidates.csv"
    assert of_evaluation(tmp_path, [table]) == [table]
    assert json.loads((tmp_path / "metrics.json").read_text())["tables"]


@pytest.mark.parametrize("alone", [True, False])
def test_the_table_reads_back(tmp_path, alone):
    """A batch holds one candidate of a case, as in training, or all of a scan's."""
    if alone:
        batches = [[case("1.2", AT_A, [0.25])], [case("1.2", AT_B, [0.75])]]
    else:
        batches = [[case("1.2", [AT_A, AT_B], [0.25, 0.75])]]
    engine = evaluator(batches)
    SaveCandidates(tmp_path / "c.csv").attach(engine)
    engine.run_on()
    marks = read_marks(tmp_path / "c.csv", "probability")
    assert marks.series.tolist() == ["1.2", "1.2"]
    assert np.array_equal(marks.world_mm, [AT_A, AT_B])
    assert marks.values.tolist() == [0.25, 0.75]


def write_annotations(path):
    place = np.array([[10.0, -3.0, 7.0]])
    marks = Marks(np.array(["a"], dtype=object), place, np.array([8.0]), np.arange(1))
    write_marks(path, marks, "diameter_mm")


def test_froc_joins_the_metrics(tmp_path):
    write_annotations(tmp_path / "nodules.csv")
    batches = [[case("a", AT_A, [0.9])], [case("b", AT_B, [0.2])]]
    engine, table = evaluator(batches), SaveCandidates(tmp_path / "c.csv")
    table.attach(engine)
    data = [{"id": name, "image": str(tmp_path / "volumes" / name)} for name in "ab"]
    CandidateFROC(table, data, "nodules.csv", None, tmp_path).attach(engine)
    engine.run_on()
    assert engine.state.metrics["cpm"] == 1.0
    written = json.loads((tmp_path / "froc.json").read_text())
    assert written["false_positives_per_scan"] == [0.125, 0.25, 0.5, 1, 2, 4, 8]
    assert written["sensitivity"] == [1.0] * 7


@pytest.mark.parametrize("there", [True, False])
def test_excluded_findings_do_not_count_where_they_were_prepared(tmp_path, there):
    write_annotations(tmp_path / "nodules.csv")
    if there:
        place = Marks(
            np.array(["a"], dtype=object), np.array([AT_B]), np.array([6.0]), np.arange(1)
        )
        write_marks(tmp_path / "annotations_excluded.csv", place, "diameter_mm")
    # A false positive of "a", more probable than the nodule, lies on the excluded finding.
    engine = evaluator([[case("a", AT_A, [0.5])], [case("a", AT_B, [0.9])]])
    table = SaveCandidates(tmp_path / "c.csv")
    table.attach(engine)
    data = [{"id": "a", "image": str(tmp_path / "volumes" / "a")}]
    CandidateFROC(table, data, "nodules.csv", "auto", tmp_path).attach(engine)
    engine.run_on()
    written = json.loads((tmp_path / "froc.json").read_text())
    assert written["excluded"] == ("annotations_excluded.csv" if there else None)
    assert engine.state.metrics["cpm"] == (1.0 if there else pytest.approx(4 / 7))


def test_without_annotations_there_is_no_froc(tmp_path):
    engine = evaluator([[case("a", AT_A, [0.9])]])
    table = SaveCandidates(tmp_path / "c.csv")
    table.attach(engine)
    CandidateFROC(table, [{"id": "a", "image": "a"}], None, None, tmp_path).attach(engine)
    engine.run_on()
    assert "cpm" not in engine.state.metrics


def _rows_of_one_rank(folder, rank):
    """Rank 1 ran short and repeats a case of rank 0."""
    batches = [[case("a", AT_A, [0.9])], [case("b", AT_B, [0.2])]]
    engine = evaluator(batches if rank == 0 else batches[:1])
    SaveCandidates(folder / "c.csv").attach(engine)
    engine.run_on()


@pytest.mark.slow
def test_ranks_share_one_table(tmp_path):
    on_two_ranks(partial(_rows_of_one_rank, tmp_path), tmp_path)
    assert sorted(read_marks(tmp_path / "c.csv").series) == ["a", "b"]

"""Which checks a run gets, when learning is due, and what makes it ill."""

import json

import pytest

from medssl.analysis import diagnose
from medssl.analysis.health.findings import BAD, OK, UNKNOWN, WARN
from medssl.analysis.health.run_folder import METHOD, TASK
from medssl.engines.identity import FORMAT
from medssl.errors import UserError

STEPS = 60
SKILLS = {"skill": 0.4, "skill_low": 0.2, "skill_high": 0.6}


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle" / "docs").mkdir(parents=True)
    return tmp_path / "bundle"


@pytest.fixture
def judge(tmp_path, bundle):
    """Verdicts after one epoch whose loss stays where it was, by the check's name."""

    def call(epochs=2, figures=None, method="of.ones.Own", **health):
        (bundle / "docs" / "health.json").write_text(json.dumps(health))
        run = {"format": FORMAT, "config": {"max_epochs": epochs, METHOD: method}, "data": {}}
        (tmp_path / "run.json").write_text(json.dumps(run))
        entries = [{"iteration": step, "epoch": 1, "loss": 1.0} for step in range(1, STEPS + 1)]
        entries += [{"epoch": 1, "metrics": figures}] if figures else []
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        (tmp_path / "trace.jsonl").write_text(lines)
        diagnosis = diagnose(tmp_path, bundle=bundle)
        return diagnosis, {finding.check: finding.verdict for finding in diagnosis.findings}

    return call


def test_a_bundle_that_is_named_makes_no_pretraining_of_a_task(judge):
    with pytest.raises(UserError, match="the run of a task, expected that of a pretraining"):
        judge(method=TASK)


@pytest.mark.parametrize(
    ("epochs", "learns_by", "verdict"),
    [(2, STEPS + 1, WARN), (1, STEPS + 1, WARN), (2, STEPS, BAD), (2, None, WARN), (1, None, BAD)],
)
def test_learning_is_due_by_the_named_step_else_at_the_end(epochs, learns_by, verdict, judge):
    named = {} if learns_by is None else {"learns_by": {"steps": learns_by}}
    assert judge(epochs, **named)[1]["loss trend"] == verdict


def test_the_reference_says_what_is_looked_at(judge):
    figures = {"spread": 0.5, "effective_rank": 9, "accuracy": 0.9}
    _, found = judge(figures=figures)
    assert found["loss at the start"] == UNKNOWN
    assert not {"accuracy against chance", "feature spread", "effective rank"} & found.keys()
    metrics = {"accuracy": {"chance": 0.1, "trials": 50, "origin": "theory"}}
    band = {"low": 0.9, "high": 1.1, "origin": "theory"}
    diagnosis, found = judge(
        figures=figures, start_loss=band, loss_falls=False, metrics=metrics, collapse=True
    )
    checks = ("loss at the start", "loss trend", "accuracy against chance", "feature spread")
    assert [found[check] for check in (*checks, "effective rank")] == [OK] * 5
    assert diagnosis.healthy


def test_a_method_that_does_two_things_has_two_skills(judge):
    assert judge()[1]["skill"] == UNKNOWN
    _, found = judge(figures=SKILLS)
    assert found["skill"] == OK
    assert "retrieval_skill" not in found
    second = {f"retrieval_{name}": -value for name, value in SKILLS.items()}
    _, found = judge(figures={**SKILLS, **second})
    assert (found["skill"], found["retrieval_skill"]) == (OK, WARN)


def test_an_evaluation_stands_beside_the_latest_validation(judge, tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps({**SKILLS, "skill": -0.1, "skill_low": -0.2}))
    assert judge(epochs=1)[1]["skill"] == BAD
    diagnosis, found = judge(epochs=1, figures=SKILLS)
    assert (found["skill"], found["skill, metrics.json"]) == (OK, BAD)
    (said,) = (f.saw for f in diagnosis.findings if f.check == "skill, metrics.json")
    assert said.startswith("-0.100 [-0.200")


@pytest.mark.parametrize(("low", "skill"), [(0.1, OK), (-0.1, WARN)])
def test_one_line_says_whether_more_is_known_than_without_learning(low, skill, judge):
    # More than guessing, as the most frequent class is: no two lines may say both.
    metrics = {"accuracy": {"chance": 0.1, "trials": 50, "origin": "theory"}}
    figures = {"accuracy": 0.9, **SKILLS, "skill_low": low}
    _, found = judge(figures=figures, metrics=metrics)
    assert found["skill"] == skill
    assert "accuracy against chance" not in found
    assert judge(figures={"accuracy": 0.9}, metrics=metrics)[1]["accuracy against chance"] == OK


def test_damage_alone_makes_a_run_ill_and_is_said_above_the_table(judge, tmp_path):
    diagnosis, _ = judge()
    assert diagnosis.healthy
    assert str(diagnosis).startswith(f"{tmp_path}: bundle, {STEPS} steps\ncheck ")
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(trace.read_text().splitlines(keepends=True)[3:]))
    diagnosis = diagnose(tmp_path, bundle=tmp_path / "bundle")
    assert all(finding.verdict != BAD for finding in diagnosis.findings)
    assert not diagnosis.healthy
    assert str(diagnosis).splitlines()[1].startswith("bad: ")
    assert "lacks 3 of 60 steps" in str(diagnosis).splitlines()[1]

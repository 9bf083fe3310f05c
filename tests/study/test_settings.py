"""The YAML of a study: what is laid over what, and what is refused before anything is planned."""

import pytest

from medssl.errors import UserError
from medssl.study.settings import lay_over, read_settings

from .studies import SMALL, written


def test_tables_are_laid_over_each_other_and_lists_replaced(tmp_path):
    written(tmp_path)
    above = "base: small.yaml\nname: other\nseeds: [7]\ncommon: {task: {patience: 3}}\n"
    found = read_settings(written(tmp_path, above, "other.yaml"))
    assert found["name"] == "other"
    assert found["seeds"] == [7]
    assert found["common"]["task"] == {"max_epochs": 1, "patience": 3}
    assert list(found["experiments"]) == ["table3", "fig8"]


def test_null_takes_an_entry_away_and_is_a_value_further_in():
    below = {"experiments": {"fig8": {}, "fig2": {}}, "common": {"task": {"patience": 3}}}
    above = {"experiments": {"fig8": None}, "common": {"task": {"patience": None}}}
    expected = {"experiments": {"fig2": {}}, "common": {"task": {"patience": None}}}
    assert lay_over(below, above) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("experiments:", "expriments:", "expriments: no such key .did you mean experiments"),
        ("seeds: [0, 1]", "seeds: [0, one]", "seeds: 1: 'one' is not of type 'integer'"),
        ("seeds: [0, 1]", "seeds: [1:30]", "no valid YAML .*1:30 is 90 to YAML; write that"),
        ("seeds: [0, 1]", "seeds: [010]", "no valid YAML .*010 is 8 to YAML"),
        ("seeds: [0, 1]", "seeds: [.inf]", "no valid YAML .*.inf, expected a number that is fin"),
        ("seeds: [0, 1]", "seeds: [1e400]", "no valid YAML .*1e400, expected a number that is f"),
        ("seeds: [0, 1]", "seeds: [9007199254740993]", "is greater than the maximum"),
        ("seeds: [0, 1]", "seeds: [-1]", "seeds: 0: -1 is less than the minimum"),
        (
            "seeds: [0, 1]",
            "seeds: [0]\nseeds: [1]",
            "a key, 'seeds' is there twice",
        ),
        ("scheme: [full, warmup]", "5: [1]", "no valid YAML .*a key that is no text"),
        ("  fig8:", "  null:", "no valid YAML .*a key that is no text"),
        ("  fig8:", "  ? [a, b]\n  :", "no valid YAML .*a key that is no text"),
        ("seeds: [0, 1]", "seeds: [!!int x]", "no valid YAML .*'x' is no number"),
        ("seeds: [0, 1]", "seeds: [!!int '']", "no valid YAML .*'' is no number"),
        ("seeds: [0, 1]", "seeds: [1.0]", "seeds: 0: 1.0 is not of type 'integer'"),
        ("name: small", "name: 2026-01-01", "no valid YAML .*takes for a timestamp; put it in"),
        ("scheme: [full, warmup]", "scheme: []", "scheme: .*non-empty"),
        ("scheme: [full, warmup]", "scheme: [full, full]", "scheme: .*non-unique"),
        *(
            ("{method: mg, skip: false}", variant, "noskip: expected a method .*or released wei")
            for variant in ("{skip: false}", "{method: mg, weights: a}", "{weights: a, skip: true}")
        ),
        ("metric: dice", "metrik: dice", "ncs: .metric. is .* metrik is there .did you mean me"),
        ("start: [mg]", "strt: [mg]", "'start' is a required property, but strt is there .did you"),
        ("seeds: [0, 1]\n", "", "'seeds' is a required property; see docs/how-to/study.md"),
        ("  fig8:", f"  {81 * 'x'}:", f"experiments: '{81 * 'x'}' does not match"),
        ("start: [mg]", "start: mg", "experiments: fig8"),
        ("name: small", f"name: {81 * 'x'}", f"name: '{81 * 'x'}' does not match"),
        ("seeds: [0, 1]", "subset_seed: -1\nseeds: [0]", "subset_seed: -1 is less than the min"),
        ("name: small", "name: [", "no valid YAML"),
        ("name: small", "base: small.yaml\nname: small", "base leads back"),
    ],
)
def test_what_the_schema_does_not_know_is_told_by_its_place(tmp_path, old, new, message):
    assert old in SMALL
    with pytest.raises(UserError, match=message) as caught:
        read_settings(written(tmp_path, SMALL.replace(old, new, 1)))
    assert "\n" not in str(caught.value)
    assert "small.yaml" in str(caught.value)


def test_a_study_has_an_experiment(tmp_path):
    written(tmp_path)
    none = "base: small.yaml\nexperiments: {table3: null, fig8: null}\n"
    with pytest.raises(UserError, match=r"none.yaml: experiments: .*non-empty"):
        read_settings(written(tmp_path, none, "none.yaml"))


@pytest.mark.parametrize("content", [b"name: \xff", b"[" * 100_000])
def test_what_is_no_yaml_is_told(tmp_path, content):
    (tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"mine.yaml: no valid YAML"):
        read_settings(tmp_path / "mine.yaml")


@pytest.mark.parametrize("name", ["none.yaml", ".", "/dev/zero"])
def test_a_study_that_is_not_there_is_told(tmp_path, name):
    """Also as a base, which may be something that never ends."""
    mine = written(tmp_path, f"name: mine\nbase: {name}\n", "mine.yaml")
    for path in (tmp_path / name, mine):
        with pytest.raises(UserError, match="no such file; expected the YAML file of a study"):
            read_settings(path)


def test_yaml_of_one_s_own_may_merge_and_numbers_are_what_they_look_like(tmp_path):
    study = SMALL.replace("seeds: [0, 1]", "seeds: [0, 1_0, 0x10]")
    common = "{task: &own {max_epochs: 1, rate: 1e-3}, other: {<<: *own, max_epochs: 2}}"
    written(tmp_path)
    found = read_settings(written(tmp_path, f"base: small.yaml\ncommon: {common}\n", "m.yaml"))
    assert found["common"]["other"] == {"max_epochs": 2, "rate": 0.001}
    assert read_settings(written(tmp_path, study))["seeds"] == [0, 10, 16]

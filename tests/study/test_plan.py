"""From settings to runs: counts, sharing, keys that follow what makes a result."""

from collections import Counter

import pytest
import yaml

from medssl.errors import UserError
from medssl.study.plan import make_plan
from medssl.study.settings import lay_over, read_settings

from .studies import PAPER, SMALL, STUDY

DIGESTS = {"chest": "a", "nodules": "b"}


def plan(changes=(), digests=DIGESTS):
    return make_plan(lay_over(yaml.safe_load(SMALL), dict(changes)), digests)


@pytest.fixture(scope="module")
def paper():
    settings = read_settings(PAPER)
    return make_plan({**settings, "seeds": [0], "pretrain_seeds": [0]}, {}, str(PAPER))


def counts(plan, keys):
    found = Counter(plan.runs[key].kind for key in keys)
    return found["pretrain"], found["finetune"]


NEW = {
    **{"table3": (10, 33), "fig2": (0, 105), "fig4": (0, 11), "hard_easy": (0, 1)},
    **{"table4": (2, 14), "fig6": (0, 0), "fig7": (0, 0), "fig8": (0, 3), "table5": (4, 12)},
    **{"fig11": (0, 0), "table6": (0, 0), "table7": (0, 30), "fig12": (0, 48)},
    **{"appendix_table2": (1, 0), "appendix_table3": (0, 3), "labels": (0, 44), "frozen": (0, 0)},
}


def test_the_papers_study_has_17_pretrainings_and_303_fine_tunings_a_seed(paper):
    new = {name: counts(paper, keys) for name, keys in paper.new_runs().items()}
    assert new == NEW
    new.pop("hard_easy")  # one for all seeds
    assert [sum(column) for column in zip(*new.values())] == [17, 303]
    new.pop("labels")
    assert [sum(column) for column in zip(*new.values())] == [17, 259]


@pytest.mark.parametrize("name", ["study", "smoke", "hippocampus"])
def test_all_runs_of_a_study_compute_in_the_precision_that_every_machine_has(name):
    path = STUDY / f"{name}.yaml"
    runs = make_plan(read_settings(path), {}, str(path)).runs.values()
    assert {run.keys.get("amp") for run in runs} == {"off"}


def test_measurements_are_runs_of_their_own(paper):
    kinds = Counter(run.kind for run in paper.runs.values())
    assert {name: kinds[name] for name in ("tbs", "probe", "cka", "gradcam")} == {
        **{"tbs": 22, "probe": 48, "cka": 26, "gradcam": 8}
    }
    moved = next(run for run in paper.runs.values() if run.kind == "cka")
    assert [paper.runs[key].kind for key in moved.upstream] == ["finetune", "pretrain"]


def test_what_needs_a_start_is_not_measured_without_one():
    block = {"start": ["scratch", "mg"], "task": ["ncs"], "measure": ["tbs", "cka", "probe"]}
    found = plan({"experiments": {"all": block}, "seeds": [0]})
    asked = [(c.start, c.kind) for c in found.cells if c.experiment == "all"]
    kinds = ("finetune", "tbs", "cka", "probe")
    assert asked == [("scratch", "finetune"), ("scratch", "tbs"), *(("mg", k) for k in kinds)]


def test_values_that_a_bundle_has_anyway_make_no_other_run():
    found = plan()
    cells = {(c.experiment, c.start, str(c.factors), c.seed): c.key for c in found.cells}
    assert cells["fig8", "mg", "{'scheme': 'full'}", 0] == cells["table3", "mg", "{}", 0]
    assert cells["fig8", "mg", "{'scheme': 'warmup'}", 0] not in [
        key for cell, key in cells.items() if cell[0] == "table3"
    ]


def test_pretraining_has_seeds_of_its_own():
    found = plan()
    seeds = {run.name: run.seed for run in found.runs.values() if run.kind == "pretrain"}
    assert seeds == {"mg": 0, "simclr": 0}
    both = plan({"pretrain_seeds": [0, 1]})
    tuned = {(c.start, c.seed): both.runs[c.key] for c in both.cells if c.experiment == "table3"}
    assert both.runs[tuned["mg", 1].upstream[0]].seed == 1
    assert tuned["scratch", 1].upstream == ()


def test_one_seed_of_a_study_with_more_of_pretraining_takes_the_first():
    """As `seeds: [0]` over the paper's five."""
    block = {"start": ["mg"], "task": ["ncs"]}
    changes = {"seeds": [0], "pretrain_seeds": [5, 6, 7], "experiments": {"control": block}}
    first = [run.seed for run in plan(changes).runs.values() if run.kind == "pretrain"]
    assert set(first) == {5}


def test_a_cell_that_two_blocks_have_is_there_once():
    block = {"start": ["scratch", "mg"], "task": ["ncs"], "measure": ["tbs"]}
    both = [block, {**block, "start": ["mg", "simclr"]}]
    found = plan({"experiments": {"fig8": None, "table3": both}}).cells
    asked = [(cell.kind, cell.start, cell.seed) for cell in found]
    assert len(asked) == len(set(asked)) == 2 * 3 * 2  # kinds, starts, seeds
    assert {cell.start for cell in found[:8]} == {"scratch", "mg"}  # those of the first block


def test_one_more_seed_changes_no_run_that_was_there():
    before, after = plan(), plan({"seeds": [0, 1, 2]})
    assert set(before.runs) < set(after.runs)
    assert {after.runs[key].seed for key in set(after.runs) - set(before.runs)} == {2}


def test_a_key_follows_data_and_upstream_but_not_places():
    def of(found):
        cells = [c for c in found.cells if (c.experiment, c.seed) == ("table3", 0)]
        return {cell.start: cell.key for cell in cells}

    before = of(plan())
    moved = of(plan({"data": {"chest": "/elsewhere", "nodules": "/there"}}))
    slower = of(plan({"common": {"all": {"num_workers": 1, "base_channels": 2}}}))
    assert moved == before == slower
    other = of(plan(digests={**DIGESTS, "chest": "changed"}))
    assert other["scratch"] == before["scratch"]
    assert other["mg"] != before["mg"]
    colder = of(plan({"methods": {"simclr": {"temperature": 0.2}}}))
    assert {k for k in before if before[k] != colder[k]} == {"simclr"}


def test_one_subset_for_all_seeds_is_a_key_of_the_tasks():
    found = plan({"subset_seed": 5})
    assert {r.keys.get("subset_seed") for r in found.runs.values() if r.kind == "finetune"} == {5}
    assert "subset_seed" not in plan().runs[plan().cells[0].key].keys


def test_own_data_method_weights_and_factor_are_one_line_each():
    block = {"start": ["ours"], "task": ["ncs"], "learning_rate": [1e-2, 1e-4]}
    changes = {"variants": {"ours": {"weights": "x.zip"}}, "experiments": {"mine": block}}
    found = plan(changes, {**DIGESTS, "ours": "c"})
    runs = [found.runs[cell.key] for cell in found.cells if cell.experiment == "mine"]
    assert [run.keys["learning_rate"] for run in runs] == [1e-2, 1e-4] * 2
    assert {(run.weights, run.content["weights"], run.upstream) for run in runs} == {
        ("x.zip", "c", ())
    }


def test_the_place_of_released_weights_makes_no_other_run():
    block = {"start": ["ours"], "task": ["ncs"]}
    near, far = (
        plan({"variants": {"ours": {"weights": place}}, "experiments": {"mine": block}})
        for place in ("dist/x.zip", "/elsewhere/x.zip")
    )
    assert list(near.runs) == list(far.runs)


def test_an_own_task_with_label_fractions_schemes_parts_and_overlays(tmp_path):
    """What a study of few labels on an open task needs."""
    overlay = tmp_path / "plan.json"
    overlay.write_text('{"crop_size": [24, 24, 24], "batch_size": 4}')
    task = {"bundle": "volume_segmentation", "data": "nodules", "metric": "dice"}
    block = {"start": ["scratch", "short"], "task": ["own"], "measure": ["probe"]}
    short = {"bundle": "pretrain_models_genesis", "overlays": ["small"], "max_epochs": 28}
    changes = {
        "methods": {"short": {**short, "skip": True}},
        "tasks": {"own": {**task, "overlays": [str(overlay)]}},
        "experiments": {
            "labels": {**block, "label_fraction": [0.5, 1]},
            "parts": {
                **block,
                "transfer_parts": ["auto", ["encoder"]],
                "scheme": ["full", "frozen"],
            },
            "augmented": {**block, "augmentation": ["none", "strong"], "batch_size": 4},
        },
    }
    found = plan(changes)
    own = [run for run in found.runs.values() if run.name == "own"]
    assert all(run.files[-1] == str(overlay) and "batch_size" not in run.keys for run in own)
    assert {str(run.keys.get("transfer_parts")) for run in own} == {"None", "['encoder']"}
    learnt = next(run for run in found.runs.values() if run.name == "short")
    assert learnt.keys == {"skip": True, "max_epochs": 28, "base_channels": 2}
    assert counts(found, found.new_runs()["labels"]) == (1, 8)
    overlay.write_text('{"crop_size": [24, 24, 24], "batch_size": 2}')
    assert not {r.key for r in own} & set(plan(changes).runs)


def test_keys_of_the_evaluation_alone_make_another_run_of_the_same_training():
    judged = {
        "bundle": "pretrain_simclr",
        "evaluate": {"crops_per_scan": 16, "split": "validation"},
    }
    before, after = (
        {r.start: r for r in plan(changes).runs.values() if r.kind == "pretrain"}
        for changes in ({}, {"methods": {"simclr": judged}})
    )
    assert after["simclr"].judged == judged["evaluate"]
    assert after["simclr"].keys == before["simclr"].keys
    assert after["simclr"].key != before["simclr"].key
    assert after["mg"].key == before["mg"].key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"methods": {"simclr": {"evaluate": {"splt": "test"}}}},
            "methods: simclr: evaluate: .*did you mean split",
        ),
        (
            {"experiments": {"fig8": {"shceme": ["full"]}}},
            "experiments: fig8: lung_nodule_ct_segmentation: shceme: no such key in the config "
            ".did you mean scheme.",
        ),
        ({"experiments": {"fig8": {"scheme": ["ful"]}}}, "fig8: .*scheme: ful, expected one of"),
        (
            {"experiments": {"fig8": {"transfer_parts": [["encodr"]]}}},
            "transfer_parts: ..encodr.., expected auto, shared or a list out of encoder, decoder",
        ),
        ({"tasks": {"ncs": {"augmentation": "S9"}}}, "tasks: ncs: .*augmentation: S9, expected"),
        (
            {"common": {"all": {"amp": False}}},
            "amp: False, expected .*off is false to YAML",
        ),
        ({"methods": {"mg": "pretrain_model_genesis"}}, "did you mean pretrain_models_genesis"),
        ({"experiments": {"fig8": {"start": ["noskp"]}}}, "start: noskp: .*did you mean noskip"),
        ({"experiments": {"fig8": {"task": ["nsc"]}}}, "task: nsc: .*did you mean ncs"),
        ({"experiments": {"fig8": {"measure": ["prob"]}}}, "measure: prob: .*did you mean probe"),
        (
            {"methods": {"simclr": {"temperatur": 1}}},
            "methods: simclr: .*did you mean temperature",
        ),
        *(
            ({section: {name: {misspelt: "x"}}}, f"{name}: .* {misspelt}: .*did you mean {meant}")
            for section, name, misspelt, meant in (
                ("tasks", "ncs", "metrik", "metric"),
                ("tasks", "ncs", "overlay", "overlays"),
                ("methods", "simclr", "evalute", "evaluate"),
                ("methods", "simclr", "bundel", "bundle"),
                ("variants", "noskip", "dat", "data"),
                ("variants", "noskip", "wieghts", "weights"),
                ("experiments", "fig8", "strt", "start"),
                ("experiments", "fig8", "tsk", "task"),
                ("experiments", "fig8", "mesure", "measure"),
                ("experiments", "fig8", "seds", "seeds"),
            )
        ),
        ({"methods": {"simclr": {"temperature": "hot"}}}, "temperature: hot, expected a number"),
        ({"methods": {"simclr": {"seed": 3}}}, "seed: set by the study itself"),
        ({"methods": {"simclr": {"overlays": ["smal"]}}}, "overlays: smal: .*did you mean small"),
        ({"common": {"tsk": {"max_epochs": 2}}}, "common: tsk: .*did you mean task"),
        ({"variants": {"noskip": {"method": "mgg"}}}, "method: mgg: .*did you mean mg"),
        ({"variants": {"mg": {"weights": "x.zip"}}}, "mg: taken by another start"),
        ({"tasks": {"ncs": {"data": "nodule"}}}, "data: nodule: .*did you mean nodules"),
        ({"experiments": {"alone": {"start": ["scratch"]}}}, "scratch: nothing to train"),
    ],
)
def test_what_leads_nowhere_is_refused_and_the_nearest_name_told(changes, message):
    with pytest.raises(UserError, match=message) as caught:
        plan(changes)
    assert "\n" not in str(caught.value)

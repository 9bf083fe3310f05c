"""A study whose results are written by hand: dice of known gain on eight patients."""

import random
from pathlib import Path

import yaml

from medssl.files import sha256_of
from medssl.study.plan import make_plan
from medssl.study.result import read_result, write_result

STUDY = """
name: known
data: {chest: prepared, nodules: prepared}
pretrain_data: chest
methods: {mg: pretrain_models_genesis, jig: pretrain_jigsaw}
tasks:
  ncs: {bundle: lung_nodule_ct_segmentation, data: nodules, metric: dice}
  ncc: {bundle: lung_nodule_ct_classification, data: chest, metric: auc}
seeds: [0, 1, 2]
experiments:
  table3: {start: [scratch, mg, jig], task: [ncs]}
  fig8: {start: [mg], task: [ncs], scheme: [full]}
"""
GAIN = {"scratch": 0.0, "mg": 0.2, "jig": 0.0}
PATIENTS, CASES = 12, 2


def planned():
    return make_plan(yaml.safe_load(STUDY), {"chest": "a", "nodules": "b"})


def dice(start: str, seed: int, patient: int, case: int) -> float:
    """What a run finds in a case: the patient, the case, the method, and a little chance."""
    chance = random.Random(f"{start} {seed} {patient} {case}").uniform(-0.02, 0.02)
    return 0.3 + 0.03 * patient + 0.05 * case + GAIN[start] + chance


def what_of(run) -> dict:
    """What the result of a run says of the run itself."""
    names = ("key", "kind", "name", "start", "bundle", "seed", "keys", "content", "upstream")
    return {name: getattr(run, name) for name in names}


def rewrite(folder: Path, **keys) -> None:
    """The result of a run as if it had found something else."""
    found = {key: value for key, value in read_result(folder).items() if key != "format"}
    write_result(folder, {**found, **keys})


def write_results(folder: Path, left_out=()) -> Path:
    """The study's folder with a result for each run but those of these starts."""
    plan = planned()
    plan.write(folder)
    for key, run in plan.runs.items():
        if run.start in left_out:
            continue
        place = folder / "runs" / key
        (place / "test").mkdir(parents=True)
        about = {"versions": {"torch": "2"}, "steps": 5}
        about |= {"device": "cpu", "seconds": 30.0, "run_hash": "f" * 64, "model_sha256": key}
        about |= {"started": "2026-01-01T10:00:00+00:00", "finished": "2026-01-01T10:01:30+00:00"}
        about["validation"] = {"dice": [[10, 0.2], [20, 0.4]]}
        metrics = {"metrics": {"dice": 0.5, "absent_classes": ["x"], "skill": None}}
        if run.kind == "finetune":
            lines = ["case,patient,label,metric,value"]
            for patient in range(PATIENTS):
                for case in range(CASES):
                    value = dice(run.start, run.seed, patient, case)
                    lines.append(f"0{patient}_{case},0{patient},class0,dice,{value}")
            text = "\n".join([*lines, *(line.replace("dice", "miou") for line in lines[1:])])
            (place / "test" / "outcomes.csv").write_text(text + "\n")
            about["outcomes_sha256"] = sha256_of(place / "test" / "outcomes.csv")
        write_result(place, {**what_of(run), **about, **metrics})
    return folder

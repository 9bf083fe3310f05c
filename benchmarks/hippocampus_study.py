"""What the study of the hippocampus has found: a section of a page, a picture, and advice.

    python benchmarks/hippocampus_study.py [runs/study/hippocampus]

Of a study all of whose runs are there (`make study NAME=hippocampus DATA=DIR`). Writes
docs/hippocampus_study.json and .png, a section of docs/results.md, and what `medssl advise` says
of it (shared/medssl/analysis/advice/measured.json).
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from math import floor, sqrt
from pathlib import Path
from typing import Any

from hippocampus_study_page import section
from measured import made_now
from medssl.analysis.advice import Line
from medssl.analysis.advice.advise import MEASURED
from medssl.engines.identity import digest
from medssl.files import write_json
from medssl.study.catalogue import SCRATCH
from medssl.study.report.write import PAPER, write_report
from medssl.study.runs import FINETUNE
from medssl.study.start import study_folder
from medssl.study.store import Store, collect
from medssl.study.tables.areas import area_arms
from medssl.study.tables.beyond import BEYOND
from medssl.study.tables.cells import select, tasks_of
from medssl.study.tables.frame import read_paper
from medssl.study.tables.subsets import EXPERIMENT, by_level, mean_cases
from null_studies import claims_without_effect
from real.runs import ROOT
from sections import write_between

JSON = ROOT / "docs" / "hippocampus_study.json"
PICTURE, DRAWN = JSON.with_suffix(".png"), "label_curve-curves.png"
WHERE = "medssl's study of 200 MR of the hippocampus (docs/results.md)"
ABOUT = (
    "What medssl advise says of this project's own study: written by "
    "benchmarks/hippocampus_study.py, in the form of evidence.json."
)
TASK = "segmentation"
NULL_STUDIES = 200  # simulated, with starts that are alike
SHOWN = 2  # starts at either end of a ranking that advice names
Rule = dict[str, Any]


def findings(store: Store) -> dict[str, Any]:
    """Answers in words, and the frames that they follow from, by table."""
    paper = read_paper(study_folder() / PAPER)  # which has no numbers of these tables
    frames = {table.name: table.make(store, paper) for table in BEYOND}
    cells = {name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()}
    return {
        "runs": len(store.runs),
        "infeasible": store.infeasible,
        **tested_on(store),
        "null_studies": NULL_STUDIES,
        "null_claims": null_claims(store),
        "answers": {table.name: [asdict(line) for line in table.said(store)] for table in BEYOND},
        "tables": cells,
    }


def tested_on(store: Store) -> dict[str, int]:
    """How many cases, subjects and seeds the label curve was judged on."""
    keys = [cell.key for cell in select(store.plan, EXPERIMENT) if cell.key in store.runs.index]
    own = store.cases[store.cases["key"].isin(keys)]
    sizes = {"cases": own["case"].nunique(), "subjects": own["patient"].nunique()}
    return {**sizes, "seeds": store.runs.loc[keys, "seed"].nunique()}


def null_claims(store: Store) -> int:
    """In how many simulated studies of alike starts something would be claimed of the areas."""
    (task,) = tasks_of(store.plan, EXPERIMENT)
    return claims_without_effect(area_arms(store, task), SCRATCH, NULL_STUDIES, seed=0)


def turns(store: Store) -> list[int]:
    """Numbers of labelled cases from which on another level may be the nearest.

    At the geometric mean of two the smaller one is, see :func:`~medssl.study.tables.subsets.near`.
    """
    cases = {
        mean
        for task in tasks_of(store.plan, EXPERIMENT)
        for mean in mean_cases(store, by_level(store, task)).values()
    }
    return sorted({1, *(floor(sqrt(a * b)) + 1 for a, b in combinations(cases, 2))})


def spans(starts: Sequence[int]) -> Iterator[tuple[int, int | None]]:
    """Half-open ranges between numbers, the last without an end."""
    return zip(starts, (*starts[1:], None), strict=True)


def rules(store: Store) -> list[Rule]:
    """What is said at each number of labels, once for each range that it holds in."""
    found: list[Rule] = []
    latest: dict[str, Rule] = {}
    for low, high in spans(turns(store)):
        for line in (line for table in BEYOND for line in table.said(store, low)):
            key = digest(asdict(line))
            if key not in latest or latest[key]["when"]["labels"][1] != low:
                latest[key] = rule_of(line, low)
                found.append(latest[key])
            latest[key]["when"]["labels"][1] = high
    return found


def rule_of(line: Line, low: int) -> Rule:
    """A line of the study as a rule, from a number of labels on."""
    says = [says for _, says in line.evidence]
    ends = says if len(says) <= 2 * SHOWN else [*says[:SHOWN], *says[-SHOWN:]]
    return {
        "topic": f"this project's study, {line.topic}",
        "when": {"task": TASK, "labels": [low, None]},
        "advice": line.advice,
        "sure": f"{line.sure}, of one data set",
        "evidence": [{"source": WHERE, "says": each} for each in ends],
    }


def refuse_unfinished(store: Store) -> None:
    """Nothing is said before all is run that the data allow.

    Raises:
        SystemExit: runs are missing.
    """
    done = {*store.runs.index, *store.infeasible}
    if missing := [key for key in store.plan.runs if key not in done]:
        trained = sum(store.plan.runs[key].kind == FINETUNE for key in missing)
        raise SystemExit(f"{len(missing)} runs are missing, {trained} of them fine-tunings")


def main(words: Sequence[str] | None = None) -> None:
    """Read, and write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("study", nargs="?", type=Path, default=ROOT / "runs/study/hippocampus")
    study = options.parse_args(words).study
    store = collect(study)
    refuse_unfinished(store)
    shutil.copyfile(write_report(study).parent / "figures" / DRAWN, PICTURE)
    report: Mapping[str, Any] = {**findings(store), **made_now()}
    write_json(JSON, report)
    write_json(MEASURED, {"about": ABOUT, "rules": rules(store)})
    write_between(ROOT / "docs" / "results.md", "hippocampus study", section(report))


if __name__ == "__main__":
    main()

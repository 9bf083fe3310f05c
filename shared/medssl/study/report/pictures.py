"""The pictures of a table's page: drawn from its frame, or copied from its runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ...analysis.evidence import figure_of_ranks
from ...analysis.pictures import save_figure
from ...analysis.restored import figure_of, restore_with
from ...analysis.theory import figure_of_theory, simulate_theory
from ...errors import UserError
from ...files import make_folder, write_atomically
from ..places import without_folders
from ..runs import PRETRAIN, Plan
from ..store import Store
from ..tables import POINTS, Table
from ..train import FIGURES, RESTORED, RUNS, models_of, shared_keys
from .drawing import curves, differences
from .heat import Shade, by_column, from_zero_to_one, heat, panels
from .ranking import ranks_of

PLACE = "figures"
# Tables of which a number in each place says more than a bar: what is shown, its shades, in words.
HEAT: dict[str, tuple[str, Shade, str]] = {
    "fig9": ("mean", by_column, "means, shaded within each column, light the best"),
    "table6": ("mean", from_zero_to_one, "CKA, shaded from 0 to 1"),
}
PANELS = ("fig2", "table7")  # whose columns are named by a figure and two factors
STEPS = ("training step", "linear")
# What curves are drawn over, and its scale.
ALONG = {
    "label_curve": ("subjects with labels", "log"),
    "skills": ("rank of the skill, 1 the best", "linear"),
    "table5": ("side of the pretext's input, voxels", "linear"),
    **{"fig8": STEPS, "appendix_fig1": STEPS, "appendix_fig2": STEPS},
}
# Pictures that runs leave, by kind of run, and what they show.
LEFT = {
    "gradcam": (
        "gradcam.png",
        "where the fine-tuned model looks, the map over the crops "
        "above it: dark where nothing speaks for a nodule, bright where most does",
    ),
    PRETRAIN: (RESTORED, "clean, corrupted and restored"),
}
RANKED, SIMULATED = ("table3",), ("theorem2",)
SYNTHETIC = "SYNTHETIC"
Drawer = Callable[[pd.DataFrame], Any]


@dataclass(frozen=True)
class Picture:
    """A picture of a page; places are relative to the report.

    Attributes:
        png: its place.
        alt: what it shows, for those who do not see it.
        caption: beneath it.
        svg: its place as vectors; nothing where there are none.
        key: of the run that it was copied from.
    """

    png: str
    alt: str
    caption: str
    svg: str = ""
    key: str = ""


def pictures_of(
    name: str, table: Table, frame: pd.DataFrame, store: Store, study: Path, report: Path
) -> tuple[list[Picture], list[str]]:
    """Draw and copy the pictures of a table.

    Args:
        name: of the table, such as ``fig9``.
        table: what it is.
        frame: its figures.
        store: results of the study.
        study: its folder.
        report: folder to write to.

    Returns:
        The pictures, and why others could not be made.
    """
    points, notes = _points(table, store, study)
    found = list(_drawn(name, table, frame, points, store.plan, report))
    if name in RANKED and (ranks := ranks_of(store, name)) is not None:
        alt = "Mean rank of each start over the tasks, 1 the best"
        caption = f"{alt}. {ranks.rests_on}."
        figure = stamped(figure_of_ranks(ranks), store.plan)
        found.append(_written(report, f"{name}-ranks", figure, alt, caption))
    if name in SIMULATED:
        alt = "Errors of both classes over the distance of their means, and their bounds"
        figure = figure_of_theory(simulate_theory())
        found.append(_written(report, name, figure, alt, alt + "."))
    restored = []
    try:
        restored = list(_restored(name, store, study, report))
    except UserError as error:
        why = without_folders(str(error), store.plan, study)
        notes.append(f"Restored crops could not be drawn side by side: {why}")
    return [*found, *(restored or _copied(name, store, study, report))], notes


def _points(table: Table, store: Store, study: Path) -> tuple[pd.DataFrame, list[str]]:
    """Points of the curves, or why there are none: some are read off the bundles' configs."""
    try:
        return table.points(store), []
    except UserError as error:
        why = f"Curves could not be drawn: {without_folders(str(error), store.plan, study)}"
        return pd.DataFrame(columns=list(POINTS)), [why]


def _drawn(
    name: str, table: Table, frame: pd.DataFrame, points: pd.DataFrame, plan: Plan, report: Path
) -> Iterator[Picture]:
    drawers: dict[str, tuple[Drawer, pd.DataFrame, str]] = {}
    along, scale = ALONG.get(name, ("", "linear"))
    drawn = partial(curves, along=along, scale=scale)
    ends = "; 95 % intervals in the table" if points["low"].notna().any() else ""
    drawers["curves"] = drawn, points, f"by {along}{ends}"
    if name in PANELS:
        words = "differences from the baseline; * gain or loss, - not run, n/f not feasible"
        drawers["grid"] = panels, frame, words
    elif name in HEAT:
        values, shade, words = HEAT[name]
        drawers["heat"] = partial(heat, values=values, shade=shade), frame, words
    else:
        drawers["differences"] = differences, frame, "differences from the baseline"
    for kind, (draw, data, words) in drawers.items():
        if (figure := draw(data)) is not None:
            text, caption = f"{table.title}: {words}", f"{words[0].upper()}{words[1:]}."
            own = stamped(figure, plan)
            yield _written(report, f"{name}-{kind}", own, text, caption)


def stamped(figure: Any, plan: Plan) -> Any:
    """The figure, marked if its study is synthetic, as pictures are shown without their page."""
    if plan.synthetic:
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        place = box.x0 / width, (box.y1 + 0.05) / height
        figure.text(*place, SYNTHETIC, color="#b45309", fontsize=9, weight="bold")
    return figure


def _written(report: Path, stem: str, figure: Any, alt: str, caption: str) -> Picture:
    places = [f"{PLACE}/{stem}.{ending}" for ending in ("png", "svg")]
    for place in places:
        save_figure(figure, report / place)
    return Picture(places[0], alt, caption, places[1])


def _copied(name: str, store: Store, study: Path, report: Path) -> Iterator[Picture]:
    """What runs have left: a picture for each start, that of the first seed."""
    seen = set()
    for cell in store.plan.cells:
        if cell.experiment != name or cell.kind not in LEFT:
            continue
        left, words = LEFT[cell.kind]
        source = study / RUNS / cell.key / FIGURES / left
        if (cell.start, cell.kind) in seen or not source.is_file():
            continue
        seen.add((cell.start, cell.kind))
        place = f"{PLACE}/{cell.key}.png"
        write_atomically(report / place, partial(shutil.copyfile, source))
        text = f"{cell.start}, first seed: {words}"
        yield Picture(place, f"{text}, crops of the test split", text, key=cell.key)


def _restored(name: str, store: Store, study: Path, report: Path) -> Iterator[Picture]:
    """The same corrupted crops restored by each pretraining of an experiment without tasks.

    Raises:
        UserError: data or weights that are not there any more.
    """
    if name != "fig6":
        return
    cells = {c.start: c.key for c in reversed(store.plan.cells) if c.experiment == name}
    done = {start: key for start, key in cells.items() if key in store.runs.index}
    if not done:
        return
    make_folder(report / PLACE)
    run = store.plan.runs[next(reversed(done.values()))]
    words = [
        f"{start}={models_of(study, key) / 'model.pt'}" for start, key in reversed(done.items())
    ]
    found = restore_with(words, run.data, run.files, overrides=shared_keys(run))
    names = " and by ".join(found.restored)
    alt = f"{len(found.clean)} crops of the test split: clean, corrupted, restored by {names}"
    yield _written(report, name, stamped(figure_of(found), store.plan), alt, alt + ".")

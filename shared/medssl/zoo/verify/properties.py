"""Whether MONAI finds in a bundle's workflows what it expects of every bundle."""

from __future__ import annotations

from monai.bundle import ConfigWorkflow

from ...errors import UserError
from .small import needs, phantom, small_settings
from .subject import Subject


def check_properties(subject: Subject) -> str:
    """MONAI's properties of a training and an inference workflow."""
    data, scans = phantom(subject)
    given = {"candidates": str(data / "candidates.csv")} if needs(subject) == "candidates" else {}
    for name, kind, folder in (("train", "train", data), ("inference", "infer", scans)):
        workflow = ConfigWorkflow(
            str(subject.folder / "configs" / f"{name}.json"),
            workflow_type=kind,
            logging_file=False,
            bundle_root=str(subject.folder),
            dataset_dir=str(folder),
            output_dir=str(subject.scratch / "properties" / name),
            **{**small_settings(subject.config(name)), **given},
        )
        workflow.initialize()
        try:
            wrong = workflow.check_properties()
        except KeyError as error:  # of one that MONAI cannot do without
            raise UserError(f"{name}.json: {error.args[0]}") from error
        if wrong:
            raise UserError(f"{name}.json: not MONAI's properties: {', '.join(wrong)}")
    return "train and infer"

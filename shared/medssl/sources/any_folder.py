"""``medssl prepare images``: a folder of scans becomes a folder of prepared volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from ..store.manifest import NOT_STATED
from .asked import read_asked
from .case_channels import check_names, each_channel, with_volumes
from .channel_globs import find_channel_cases, read_globs
from .data_set import prepare_data_set
from .intensity import check_modality
from .label_names import read_class_names
from .pairing import find_cases
from .patient_names import assign_patients


def prepare_images(
    source: str | Path,
    output: str | Path,
    images: str | None = None,
    labels: str | None = None,
    spacing: float | Sequence[float] | str = 1.0,
    workers: int | None = None,
    skip_broken: bool = False,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    patients: str | Path | None = None,
    hu_clip: Sequence[float] | None = None,
    licence: str = NOT_STATED,
    folds: int | None = None,
    modality: str = "ct",
    intensity: str | None = None,
    channels: str | Sequence[str] | None = None,
    table: str | Path | None = None,
    class_names: str | None = None,
    antialias: bool = True,
    shard: str | None = None,
) -> Path:
    """Prepare scans: RAS order, one voxel size, int16 HU or thousandths, split by patient.

    Writes ``volumes/<id>.b2nd``, ``labels/<id>.b2nd``, ``manifest.json`` (where everything comes
    from and what it holds) and ``datalist.json`` (decathlon style). A second run redoes only what
    changed; a run that was killed goes on.

    Args:
        source: folder searched recursively for NIfTI, MetaImage, NRRD and DICOM series.
        output: folder to write.
        images: glob pattern of the images below ``source``; what its last ``*`` matches is the
            case's id. Default: every scan. For cases of several channels one pattern each,
            ``flair=*/flair.nii,t1=*/t1.nii``, see :mod:`~.channel_globs`.
        labels: glob pattern of the label maps; a label belongs to the image of equal id.
        spacing: voxel size in mm, one number or three (x, y, z), or ``native`` to keep each scan's.
        workers: processes, at most; default one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test.
        seed: of the split.
        patients: CSV file with the columns id,patient; or a glob pattern of the scans whose first
            ``*`` is the patient; or ``each``, where every scan is its own. Default: DICOM's
            PatientID, BIDS subjects, sessions and nnU-Net's channels; other scans are their own
            patients, and names that leave a doubt are refused.
        hu_clip: lowest and highest stored value to keep; default: they are not clipped.
        licence: of the scans; weights trained on them carry it in their provenance.
        folds: also write this many leave-some-out folds, ``datalist_fold0.json`` and so on, each
            patient being tested in one of them; ``load_datalist`` takes their number.
        modality: ``ct``, ``mr`` or ``other``.
        intensity: rule for the values: ``hu`` (default for CT), ``percentile`` (for others) or
            ``zscore``; see :mod:`~.intensity`.
        channels: names, ``flair,t1,t2``, of the volumes that four-dimensional NIfTI files hold.
        table: CSV file with the columns case,label and, of regions, x,y,z in LPS mm: the classes of
            scans, for classification. It is checked and copied to ``labels.csv``.
        class_names: names of the values of the label maps, ``liver=1,spleen=2``, and of regions,
            ``whole=1+2,core=2``; others are called by their numbers.
        antialias: blur along axes that become coarser, so that no false structure is left;
            ``false`` only interpolates.
        shard: ``3/40`` prepares the third of forty shares and writes no list, ``merge/40`` writes
            the lists when all are prepared; see :mod:`~.shards`.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: bad arguments, no scans, or unusable scans without ``skip_broken``.
    """
    asked = read_asked(locals(), licence=licence)
    globs = {} if images is None else read_globs(images)
    names = _channel_names(globs, channels)
    kind = check_modality(modality, intensity)
    kind = replace(kind, channels=names or kind.channels)
    called = {} if class_names is None else read_class_names(class_names, labels)
    asked = replace(asked, modality=kind)
    folder = Path(source)
    if len(globs) > 1:
        cases = find_channel_cases(folder, globs, labels)
    else:
        found = find_cases(folder, next(iter(globs.values()), images), labels)
        cases = [with_volumes(case, kind.channels) for case in found]
    cases = each_channel(assign_patients(cases, patients, later=skip_broken))
    return prepare_data_set(folder, cases, Path(output), asked, called)


def _channel_names(
    globs: Mapping[str, str], channels: str | Sequence[str] | None
) -> tuple[str, ...]:
    """The channels as their globs or a user names them; empty where nobody does.

    Raises:
        UserError: both do, or a name is empty or there twice.
    """
    if channels is None:
        return tuple(globs)
    if globs:
        raise UserError(
            f"channels: --images names them already ({', '.join(globs)}); give one pattern without "
            "name for files that hold all channels"
        )
    listed = channels.split(",") if isinstance(channels, str) else channels
    return check_names(listed, "channels")

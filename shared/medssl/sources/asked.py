"""What a user may choose for any data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import sha256_of
from ..processes import too_many
from ..store.contract import check_clip, check_spacing
from ..store.folds import check_own_folds
from ..store.manifest import NOT_STATED
from ..store.splits import check_fractions
from .intensity import MODALITIES, Modality
from .nnunet_folds import PublishedFold
from .records import Settings
from .shards import Shard, read_shard

# Arguments that say where and how fast; or what the merge of shards alone decides.
FREE = ("source", "output", "workers", "shard", "download", "skip_broken")


@dataclass(frozen=True)
class Asked:
    """What a user may choose for any data set.

    Attributes:
        spacing: voxel size x, y, z in mm; None keeps each scan's.
        hu_clip: lowest and highest stored value to keep; None: they are not clipped.
        workers: processes, at most; None: one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test of the cases that have no split yet.
        seed: of that split.
        licence: of the scans; it goes into the data list and from there into what is trained.
        folds: number of leave-some-out folds, each a data list of its own; None for none.
        modality: what the scans are, and the rule for their values.
        published: folds to take over, where the publisher gives them.
        table: of the user's own classes, see :mod:`~.class_table`.
        antialias: blur along axes that become coarser.
        shard: which share of the cases to prepare, see :mod:`~.shards`; None for all at once.
        options: all that was given and may change what is written, for shards to compare.

    Raises:
        UserError: ``workers`` or ``seed`` of another kind, or more workers than memory is for.
    """

    spacing: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
    hu_clip: tuple[float, float] | None = None
    workers: int | None = None
    skip_broken: bool = False
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seed: int = 0
    licence: str = NOT_STATED
    folds: int | None = None
    modality: Modality = MODALITIES["ct"]
    published: tuple[PublishedFold, ...] = ()
    table: Path | None = None
    antialias: bool = True
    shard: Shard | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What determines the prepared volumes."""
        values = self.modality
        return Settings(
            self.spacing,
            self.hu_clip,
            values.intensity,
            values.channels,
            self.antialias,
            of_mr=values.of_mr,
        )

    @property
    def is_part(self) -> bool:
        """Whether there are no lists yet, since other shards prepare the other cases."""
        return self.shard is not None and self.shard.number is not None

    def having_read(self, **digests: str) -> Asked:
        """The same, options that name files or folders bound to what was read from them.

        Args:
            digests: SHA-256 of it, by option.
        """
        return replace(self, options={**self.options, **digests})

    @property
    def fold_count(self) -> int | None:
        """How many folds there are, drawn or published; None for none."""
        return self.folds or len(self.published) or None

    def __post_init__(self) -> None:
        if self.workers is not None and (not isinstance(self.workers, int) or self.workers < 1):
            raise UserError(f"workers: {self.workers!r}, expected a number of processes, 1 or more")
        if reason := too_many("workers", self.workers or 1):
            raise UserError(reason)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise UserError(f"seed: {self.seed!r}, expected a whole number")


def read_asked(given: Mapping[str, Any], **decided: Any) -> Asked:
    """Check what a user chose for a preparation.

    Args:
        given: all arguments of the function that prepares, by name: ``locals()`` as it begins, so
            that none is forgotten.
        decided: attributes of :class:`Asked` that the source decides.

    Raises:
        UserError: one of them is none that can be meant.
    """
    table, source, output = given.get("table"), given["source"], given["output"]
    if Path(source).resolve() == Path(output).resolve():
        raise UserError(f"{output}: the source, which stays as it is; choose another --output")
    checked = {
        "fractions": check_fractions(given["fractions"]),
        "spacing": check_spacing(given["spacing"]),
        "hu_clip": check_clip(given["hu_clip"]),
        "folds": check_own_folds(given["folds"], given.get("split", "patients")),
        "table": None if table is None else Path(table),
        "shard": read_shard(given["shard"], given.get("download", False)),
    }
    plain = {key: given[key] for key in ("workers", "skip_broken", "seed", "antialias")}
    meant = {**given, **checked}
    options = {key: _comparable(meant[key]) for key in given if key not in FREE}
    return Asked(**{**plain, **checked, **decided}, options=options)


def _comparable(value: Any) -> Any:
    """The value, a file for what it holds: it may have another path on another machine."""
    if isinstance(value, str | Path):
        return f"sha256 {sha256_of(Path(value))}" if _is_file(value) else str(value)
    return value


def _is_file(value: str | Path) -> bool:
    try:
        return Path(value).is_file()
    except (OSError, ValueError):  # too long for a name, or none
        return False

"""``medssl study prepare``: a preparation in shards, each a job of Snakemake."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..files import make_folder
from .engine import run_engine
from .start import alone, engine_words, find_engine

SNAKEFILE = "Prepare.smk"


def prepare_in_shards(
    words: Sequence[str],
    shards: int,
    folder: Path,
    profile: str = "local",
    cores: int = 1,
    dry_run: bool = False,
) -> int:
    """Prepare a data set by ``shards`` jobs and one that merges them; Snakemake's exit status.

    What earlier calls have noted in ``folder`` is not trusted: each job looks at its scans, and one
    that is done prepares nothing again.

    Args:
        words: behind ``medssl prepare``, without ``--shard``.
        shards: how many.
        folder: for the engine's notes.
        profile: see :func:`~.start.command`.
        cores: jobs at once on this machine.
        dry_run: say what would be run.

    Raises:
        UserError: no shards, or given already; no Snakemake; another process is at this folder
            (:func:`~.start.alone`).
    """
    if shards < 1:
        raise UserError(f"--shards: {shards}, expected 1 or more")
    if any(word.split("=")[0] == "--shard" for word in words):
        raise UserError("--shard: given to each job; leave it out, and say how many by --shards")
    engine, study = find_engine()
    settings = {"python": sys.executable, "shards": str(shards), "cwd": str(Path.cwd())}
    settings["words"] = shlex.join(words)
    call = engine_words(engine, study, SNAKEFILE, folder, profile, cores, settings)
    make_folder(folder)
    with alone(call, folder) as inherited:
        for note in folder.glob("*.done"):
            note.unlink()
        more = ["--dry-run"] if dry_run else []
        return run_engine([*call, *more], inherited)

"""Profiles of Snakemake, which say where its jobs run: those in ``study/profiles`` by name."""

from __future__ import annotations

from pathlib import Path

from ..engines.guard import did_you_mean
from ..errors import UserError

LOCAL = "local"
PROFILES = (LOCAL, "slurm", "kubernetes")


def find_profile(profile: str, study: Path) -> Path:
    """The folder of a profile.

    Args:
        profile: the name of one in ``study/profiles``, or the path of one's own.
        study: folder ``study`` of the checkout.

    Raises:
        UserError: there is none; the message names the nearest.
    """
    named = _ours(study) / profile
    own = named if profile and profile == named.name else Path(profile).absolute()
    if not profile or not any(own.glob("config*.yaml")):
        hint = did_you_mean(profile, PROFILES, "")
        raise UserError(
            f"--profile: {profile}: none{hint}; expected one of {', '.join(PROFILES)}, or a "
            "folder with a config.yaml of Snakemake"
        )
    return own


def is_local(profile: str, study: Path) -> bool:
    """Whether it is the one of this machine, by whatever name.

    Raises:
        UserError: see :func:`find_profile`.
    """
    return find_profile(profile, study).resolve() == (_ours(study) / LOCAL).resolve()


def _ours(study: Path) -> Path:
    return study / "profiles"

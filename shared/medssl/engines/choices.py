"""Keys of the bundles that take one of a few words, as whoever takes the word knows them."""

from __future__ import annotations

from ..crops.candidate_crops import RESAMPLING
from ..crops.crop_rule import AUTO as AUTO_RULE
from ..crops.crop_rule import RULES
from ..networks.blocks import NORMS
from ..networks.parts import EXPECTED, parts_asked
from ..transforms.augmentation import LEVELS
from ..transforms.permutations import RULES as ORDERS
from .precision import AUTO, PRECISIONS
from .schemes import SCHEMES

CHOICES: dict[str, tuple[str, ...]] = {
    "amp": (AUTO, *PRECISIONS),
    "augmentation": tuple(LEVELS),
    "batch_norm": tuple(NORMS),
    "crop_rule": (AUTO_RULE, *RULES),
    "permutations": ORDERS,
    "resampling": RESAMPLING,
    "scheme": SCHEMES,
}
PARTS_KEY = "transfer_parts"


def to_choose_from(key: str, value: object) -> str:
    """What the key takes, where this value is none of it; "" where it is, or may be any.

    Args:
        key: at the top of a configuration.
        value: as fire or YAML reads it.
    """
    if key == PARTS_KEY:
        return "" if parts_asked(value) else EXPECTED
    if key not in CHOICES or value in CHOICES[key]:
        return ""
    words = ", ".join(CHOICES[key])
    quoted = "; off is false to YAML, unless it is in quotes" if value is False else ""
    return f"one of {words}{quoted if 'off' in CHOICES[key] else ''}"

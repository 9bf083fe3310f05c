"""Evidence: outcomes over seeds and patients, intervals, tests, and what may be said of them."""

from .areas import AucArm
from .arms import Arm, MeanArm, on_shared_seeds
from .curves import CurveArm, curves_of
from .direction import LOW_BEST, sign_of
from .false_claim import false_claim
from .intervals import difference, estimate, seed_means, spread
from .judged import SharedArms, arm_of, arms_on_shared_cases, with_values
from .mixed import MixedEffect, MixedModel, mixed_model
from .paired import holm, p_value
from .ranks import Ranks, figure_of_ranks, rank_starts
from .verdict import Comparison, compare_arms, compare_pairs, verdict

__all__ = [
    "LOW_BEST",
    "Arm",
    "AucArm",
    "Comparison",
    "CurveArm",
    "MeanArm",
    "MixedEffect",
    "MixedModel",
    "Ranks",
    "SharedArms",
    "arm_of",
    "arms_on_shared_cases",
    "compare_arms",
    "compare_pairs",
    "curves_of",
    "difference",
    "estimate",
    "false_claim",
    "figure_of_ranks",
    "holm",
    "mixed_model",
    "on_shared_seeds",
    "p_value",
    "rank_starts",
    "seed_means",
    "sign_of",
    "spread",
    "verdict",
    "with_values",
]

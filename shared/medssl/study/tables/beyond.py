"""What the paper does not ask: fewer labels, and how to fine-tune then."""

from __future__ import annotations

from .frame import Table
from .labels import label_curve, label_points
from .settings import beside_labels
from .skills import skill_points, skills

BEYOND = (
    Table(
        "label_curve",
        "Fewer labels",
        label_curve,
        "The area under the curve of the metric over the logarithm of the number of subjects with "
        "labels is the one primary endpoint: its differences from scratch are tested, Holm over "
        "all starts. Each number of labels by itself is shown with intervals and without claims.",
        ("labels",),
        label_points,
    ),
    Table(
        "frozen",
        "Frozen encoders",
        beside_labels("frozen", scheme="frozen"),
        "The encoder stays as it was pretrained and a decoder is trained on it, beside fine-tuning "
        "of all; or classifiers on frozen features. Without claims.",
        ("frozen",),
    ),
    Table(
        "handed_over",
        "What to hand over where labels are few",
        beside_labels("handed_over"),
        "The encoder alone beside encoder and decoder. Without claims.",
        ("handed_over",),
    ),
    Table(
        "scheme",
        "How to fine-tune where labels are few",
        beside_labels("scheme"),
        "The encoder kept still at first, beside all weights free. Without claims.",
        ("scheme",),
    ),
    Table(
        "augmentation",
        "Augmentation where labels are few",
        beside_labels("augmentation"),
        "No augmentation beside the strong one. Without claims.",
        ("augmentation",),
    ),
    Table(
        "skills",
        "Does a method's own skill go with its gain?",
        skills,
        "Skill at the own pretext (0 as without learning, 1 perfect) beside the gain of the area "
        "under the label curve; described, not tested.",
        ("labels",),
        skill_points,
    ),
)

"""What the paper does not ask: fewer labels, and how to fine-tune then."""

from __future__ import annotations

from .frame import Table
from .in_words import label_words, setting_words
from .labels import label_curve, label_points
from .settings import Setting, beside_labels
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
        label_words,
    ),
    Table(
        "frozen",
        "Frozen encoders",
        beside_labels(Setting("frozen", {"scheme": "frozen"})),
        "The encoder stays as it was pretrained and a decoder is trained on it, beside fine-tuning "
        "of all; or classifiers on frozen features. Without claims.",
        ("frozen",),
        words=setting_words(
            Setting("frozen", {"scheme": "frozen"}),
            "what does an encoder do that stays as it was",
            "fine-tuning all",
        ),
    ),
    Table(
        "handed_over",
        "What to hand over where labels are few",
        beside_labels(Setting("handed_over")),
        "The encoder alone beside encoder and decoder. Without claims.",
        ("handed_over",),
        words=setting_words(
            Setting("handed_over"), "does the encoder alone do as well", "encoder and decoder"
        ),
    ),
    Table(
        "scheme",
        "How to fine-tune where labels are few",
        beside_labels(Setting("scheme")),
        "The encoder kept still at first, beside all weights free. Without claims.",
        ("scheme",),
        words=setting_words(
            Setting("scheme"), "does it help to keep the encoder still at first", "all weights free"
        ),
    ),
    Table(
        "augmentation",
        "Augmentation where labels are few",
        beside_labels(Setting("augmentation")),
        "No augmentation beside the strong one. Without claims.",
        ("augmentation",),
        words=setting_words(
            Setting("augmentation"), "does it do without augmentation", "strong augmentation"
        ),
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

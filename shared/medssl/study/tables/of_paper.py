"""The paper's tables and figures, in its order of questions."""

from __future__ import annotations

from ...analysis.gradcam import COUNT
from ...analysis.theory import DRAWS
from .convergence import convergence, convergence_points
from .derived import fig9
from .features import fig7, fig11, table6
from .frame import Table
from .imbalance import fig2, table7
from .methods import table3
from .parts import appendix_table3, fig6, table4
from .sizes import size_points, table5
from .structures import fig4
from .theory import theorem1, theorem2
from .training import appendix_table2, fig8, fig8_points, fig12

OF_PAPER = (
    Table(
        "table3",
        "Table 3: each start beside training from scratch",
        table3,
        "Fine-tuned on all labels of each task, from each pretraining and from scratch. Probe and "
        "nearest neighbours look at frozen features; their difference is from the same network "
        "untrained.",
        ("table3",),
    ),
    Table(
        "fig9",
        "Figure 9: by kind of task and by organ",
        fig9,
        "Means over the tasks of Table 3, seed by seed: classification (ncc), segmentation (ncs, "
        "lcs), the organ of the pretraining (ncc, ncs) and another one (lcs). Three tasks are too "
        "few to test anything across them, so means and ranks are described alone.",
        ("table3",),
    ),
    Table(
        "fig2",
        "Figure 2: few positives",
        fig2,
        "Nodule classification from N candidates with r positives for each negative: the share of "
        "nodules found (sensitivity) and of others left alone (specificity), both at probability "
        "0.5, each start beside scratch on the same candidates.",
        ("fig2",),
    ),
    Table(
        "fig4",
        "Figure 4: rare and frequent structures, hard and easy nodules",
        fig4,
        "Liver and tumours in the same scans; nodules that a run from scratch, which takes no part "
        "in the comparison, segments with a dice below 0.4 (hard) or not (easy).",
        ("fig4", "hard_easy"),
    ),
    Table(
        "table4",
        "Table 4: what is handed over",
        table4,
        "Encoder and decoder, one of them, or both pretrained without skip connections (then the "
        "encoder is handed over); each beside the whole hand-over of its method.",
        ("table4",),
    ),
    Table(
        "fig6",
        "Figure 6: restored with and without skip connections",
        fig6,
        "Models Genesis on the same corrupted crops of the test split; the error is the mean "
        "squared one, lower is better.",
        ("fig6",),
    ),
    Table(
        "fig7",
        "Figure 7: batch-norm statistics of the target alone",
        fig7,
        "Each fine-tuned model as trained, and with statistics collected anew on the target's "
        "training data, weights unchanged; the distance of both over the encoder (Eq. 15).",
        ("fig7",),
    ),
    Table(
        "fig8",
        "Figure 8: all weights free, or the encoder kept still at first",
        fig8,
        "Warm-up keeps the encoder as it is for the first epochs; beside it all weights are free "
        "from the start.",
        ("fig8",),
        fig8_points,
    ),
    Table(
        "table5",
        "Table 5 and Figure 10: sizes of the pretext's input",
        table5,
        "Each size beside the one of Table 3. Scans smaller than a size cannot take part in its "
        "pretraining: where the numbers of scans differ, nothing is claimed.",
        ("table5",),
        size_points,
    ),
    Table(
        "table6",
        "Table 6: how far fine-tuning moves the features",
        table6,
        "Linear CKA of pretrained and fine-tuned encoders on the test split, level by level, 1 for "
        "features that stay. The estimate is unbiased, so it may come out a little below 0.",
        ("table6",),
    ),
    Table(
        "table7",
        "Table 7: few positives, with resampling",
        table7,
        "Nodule classification as in Figure 2, plainly, with as many negatives as positives in "
        "each epoch (mean resampling), and with pretraining on top; all beside plain training from "
        "scratch. The paper prints differences alone.",
        ("table7",),
    ),
    Table(
        "fig11",
        "Figure 11: where classifiers look",
        fig11,
        "Grad-CAM of the last level of the encoder on nodules of the test split: the share of each "
        "map in the middle third of each axis, where the nodule is; 0.037 if it were even. "
        "A map that is empty, as nothing speaks for a nodule, counts 0. Shown and counted are the "
        f"first {COUNT} nodules.",
        ("fig11",),
    ),
    Table(
        "fig12",
        "Figure 12: augmentation",
        fig12,
        "Each start beside scratch with the same augmentation, from none to S6, the strongest.",
        ("fig12",),
    ),
    Table(
        "appendix_fig1",
        "Appendix Figure 1: how fast nodule classification is learnt",
        convergence("ncc", "auc"),
        "Validation curves of Table 3's runs; steps to a share of the best value of all of them.",
        ("table3",),
        convergence_points("ncc", "auc"),
    ),
    Table(
        "appendix_fig2",
        "Appendix Figure 2: how fast liver segmentation is learnt",
        convergence("lcs", "dice"),
        "Validation curves of Table 3's runs; steps to a share of the best value of all of them.",
        ("table3",),
        convergence_points("lcs", "dice"),
    ),
    Table(
        "appendix_table2",
        "Appendix Table 2: depth of the heads that tell turns",
        appendix_table2,
        "Rubik's cube with heads of turns as shallow as usual, and as deep as that of the order.",
        ("appendix_table2",),
    ),
    Table(
        "appendix_table3",
        "Appendix Table 3: which of BYOL's encoders",
        appendix_table3,
        "The target, a moving average, beside the online encoder; one of them is chosen before, "
        "never by the test.",
        ("appendix_table3",),
    ),
    Table(
        "theorem1",
        "Theorem 1: the estimated threshold",
        theorem1,
        "Probability that the middle of two estimated class means is off by more than t standard "
        "deviations: simulated, exact, by the theorem as corrected and as printed. "
        f"Simulations have {DRAWS:,} draws.",
        ("fig2", "table7"),
    ),
    Table(
        "theorem2",
        "Theorem 2: errors of the rare and of the frequent class",
        theorem2,
        "Errors of the optimal classifier: simulated, exact, their bounds (above 1 a bound says "
        "nothing), and at the threshold as printed. Simulations have "
        f"{DRAWS:,} draws of each class.",
        ("fig2", "table7"),
    ),
)

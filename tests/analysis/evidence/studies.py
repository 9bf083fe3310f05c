"""Outcomes of studies that never were: patients differ, runs differ, starts may."""

import numpy as np

from medssl.analysis.evidence import AucArm, MeanArm


def rows(rng, patients=12, cases=2, effect=0.0, run=0.0, level=None, scatter=0.05):
    level = np.zeros(patients) if level is None else level
    return [
        (f"p{p}_{c}", f"p{p}", 0.7 + level[p] + effect + run + scatter * rng.normal())
        for p in range(patients)
        for c in range(cases)
    ]


def study(seed, effects, seeds=3, patients=16, run_sd=0.02):
    """Arms by start; ``effects`` by start."""
    rng = np.random.default_rng(seed)
    level = 0.1 * rng.normal(size=patients)
    return {
        start: MeanArm.of(
            {k: rows(rng, patients, 2, effect, run_sd * rng.normal(), level) for k in range(seeds)}
        )
        for start, effect in effects.items()
    }


def auc_arm(rng, shift, patients=10, cases=8, seeds=2, decimals=1):
    """Scores with ties; half of the cases of each patient are positive."""
    return AucArm.of(
        {
            k: [
                (f"c{c}", f"p{p}", round(shift * (c % 2) + rng.normal(), decimals), c % 2)
                for p in range(patients)
                for c in range(cases)
            ]
            for k in range(seeds)
        }
    )

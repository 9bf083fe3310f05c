"""Crops that ask every question, and figures as ``features.py`` leaves them."""

import numpy as np

from features_masks import SIDE, Crop

REGIONS = ("chest", "chest", "chest", "abdomen", "abdomen", "tumour_sts", "tumour_sts")
THICK = (1.5, 5.0, 3.0, 5.0, 2.0, 3.27, 3.27)
EACH = 12  # more than a classifier's ten neighbours


def crop(patient, **facts):
    return Crop(np.zeros((SIDE,) * 3, np.int16), patient, **facts)


def all_crops():
    found = []
    for number, (region, native) in enumerate(zip(REGIONS, THICK)):
        facts = {"region": region, "native_mm": native}
        found += [crop(f"p{number}", third=index % 3, **facts) for index in range(EACH)]
        if region == "tumour_sts":
            found += [crop(f"p{number}", mask="tumour", on=on) for on in (True, False) * EACH]
    found += [
        crop("p3", mask="liver", on=on, block=block)
        for block in range(3)
        for on in (True, False) * EACH
    ]
    found += [
        crop(f"phantom {k}", mask="nodule", on=on) for k in range(4) for on in (True, False) * 4
    ]
    return found


def answers(low, one=False):
    spread = (None, None) if one else (low, 0.4)
    each = [0.2, *spread]
    kinds = ("ours", "untrained", "grey", "over_untrained", "over_grey")
    return dict.fromkeys(kinds, each)


def run(seed, low, name="region", patients=5, weights="w"):
    facts = {"patients": 2, "crops": 7}
    asked = {"measure": "AUC", "chance": 0.5, "patients": patients, "classes": {"x_y": facts}}
    both = {kind: answers(low, patients == 1) for kind in ("linear", "kNN")}
    return {"seed": seed, "weights": weights, "questions": {name: asked}, "answers": {name: both}}

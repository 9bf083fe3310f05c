"""How figures are put into words: their digits, and how many runs and patients they rest on."""

from __future__ import annotations

_FEW, _MANY = 0.01, 1000.0  # outside of which three decimals show too little, or too much


def form_of(value: float) -> str:
    """Of a mean and what goes with it: three decimals, or three digits of a small or large one."""
    return ".3g" if 0 < abs(value) < _FEW or abs(value) >= _MANY else ".3f"


def sizes(seeds: float, patients: float, runs: int = 0) -> str:
    """Such as "2 runs, 9 patients", or "4 runs of 2 seeds" where each seed has several.

    Args:
        seeds: with runs, NaN for none.
        patients: that were judged, NaN where they do not count.
        runs: of all these seeds.
    """
    known = [(seeds, "run"), (patients, "patient")]
    words = [counted(number, word) for number, word in known if number == number]
    if seeds < runs:
        words[0] = f"{counted(runs, 'run')} of {counted(seeds, 'seed')}"
    return ", ".join(words)


def odds(p: float, false_claim: float) -> str:
    """Such as "p after Holm 0.00488, false claim 0.000123"; empty where nothing was tested.

    Args:
        p: adjusted.
        false_claim: probability that the better of the two is not, NaN where it is not known.
    """
    if p != p:
        return ""
    said = f"p after Holm {p:.3g}"
    return said if false_claim != false_claim else f"{said}, false claim {false_claim:.3g}"


def counted(number: float, word: str) -> str:
    """Such as "1 run" and "2 runs"."""
    return f"{int(number)} {word}{'s' * (number != 1)}"

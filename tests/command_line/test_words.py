"""What fire would run with half of the words, or after guessing, is refused before it runs."""

import pytest

from medssl.command_line import Option, checked, takes
from medssl.errors import UserError


class Group:
    """Commands behind one more word."""

    def tidy(self, place: str = "here") -> None: ...


class Commands:
    """Commands of all kinds; none is called."""

    def __init__(self):
        self.group = Group()

    def pack(self, bundle: str, output: str = "dist", quick: bool = False) -> None: ...

    @takes(licence=Option(str, "", "of it."), workers=Option(int | None, None, "how many."))
    def read(self, source: str, **options) -> None: ...

    def train(self, config: str, steps: int = 3, **options) -> None: ...

    def verify(self, *sources: str, all: bool = False, metric: str) -> None: ...


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pakc"], "pakc: no such command; did you mean pack?"),
        (["group", "tidi"], "group tidi: no such command; did you mean tidy?"),
        (["group", "--place"], "--place: no such option"),
        (["--hlep"], "did you mean --help?"),
        (["zzz"], "expected one of group, pack, read, train, verify"),
        (["pack", "a", "--outptu", "b"], "--outptu: no such option; did you mean --output?"),
        (["pack", "a", "--outptu=b"], "did you mean --output?"),
        (["read", "--sorce", "a"], "did you mean --source?"),
        (["read", "a", "--worker", "2"], "did you mean --workers?"),
        (["read", "a", "--workers", "many"], "--workers: many, expected a whole number"),
        (["read", "-w", "2", "-w", "3"], "--workers: given twice"),
        (["pack", "a", "-z", "2"], "-z: no such option"),
        (["read", "a", "--zzz"], "expected one of source, licence, workers"),
        (["read", "a", "--a/b", "2"], "--a/b: no such option"),
        (["pack"], "pack: --bundle missing"),
        (["verify", "a"], "verify: --metric missing"),
        (["verify", "a", "--metric", "dice", "--sources", "b"], "--sources: no such option"),
        (["pack", "a", "b", "true", "c d"], "c d: one word too many for pack"),
        (["pack", "a", "-", "b"], "-: expected a name"),
        (["pack", "a", "--output"], "--output: expected a value"),
        (["pack", "a", "--output", "--quick"], "--output: expected a value"),
        (["pack", "a", "--output="], "--output: empty"),
        (["pack", ""], "--bundle: empty"),
        (["pack", "a", "--quick=maybe"], "--quick: maybe, expected no value, true or false"),
        (["train", "a", "--steps", "1.5"], "--steps: 1.5, expected a whole number"),
        (["train", "a", "x"], "--steps: x, expected a whole number"),
    ],
)
def test_what_a_command_does_not_take_is_named(words, message):
    with pytest.raises(UserError) as caught:
        checked(Commands(), words)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        (["pack", "a", "--output", "-3"], ["pack", "a", "--output=-3"]),
        (["pack", "a", "--output=-x y=z"], ["pack", "a", "--output=-x y=z"]),
        (["pack", "-b", "a", "--noquick"], ["pack", "--bundle=a", "--quick=False"]),
        (["pack", "--no-quick", "a"], ["pack", "a", "--quick=False"]),
        # Fire would take the folder for the switch's value.
        (["pack", "--quick", "a"], ["pack", "a", "--quick=True"]),
        (["pack", "--quick", "false", "a"], ["pack", "a", "--quick=false"]),
        (["pack", "a", "--", "--trace"], ["pack", "a", "--", "--trace"]),
        (["group", "tidy", "x"], ["group", "tidy", "x"]),
        (
            ["train", "a", "--any#key", "1", "--batch-size", "2", "--amp"],
            ["train", "a", "--any#key=1", "--batch_size=2", "--amp=True"],
        ),
        (["verify", "a", "--metric", "m", "b"], ["verify", "a", "b", "--metric=m"]),
        ([], []),
    ],
)
def test_every_option_reaches_fire_in_one_form(words, passed):
    assert checked(Commands(), words) == passed

"""The commands of ``medssl``, in groups; fire turns their signatures into options.

Each imports what it needs when it is called, so that the command line starts at once.
"""

from .analyse import Analyse
from .releases import Releases
from .research import Research
from .runs import Runs
from .study import Study
from .weights import Weights

__all__ = ["Analyse", "Releases", "Research", "Runs", "Study", "Weights"]

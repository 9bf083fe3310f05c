"""medssl: self-supervised learning for 3D medical images as MONAI bundles."""

import getpass
import os

__version__ = "0.1.0"

# torch then asks Linux for huge pages where a CPU tensor is large, which takes a tenth off a
# training step on a CPU; it reads this when it makes its first tensor of that size.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

# MONAI asks for the user's name when it is imported; in a container there may be none.
try:
    getpass.getuser()
except (KeyError, OSError):
    os.environ["USER"] = str(os.getuid())

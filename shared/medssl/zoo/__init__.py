"""Releasing bundles: pack, index, fetch, and what a release says about itself."""

from .archive import unpack
from .card import provenance_table
from .fetch import fetch
from .index import read_release, write_index
from .pack import pack, read_metadata

__all__ = [
    "fetch",
    "pack",
    "provenance_table",
    "read_metadata",
    "read_release",
    "unpack",
    "write_index",
]

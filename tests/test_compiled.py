"""Compiling where nothing can be kept."""

import numba

from medssl import compiled as module


def test_no_place_for_a_cache_is_no_error(monkeypatch):
    compile_function = numba.njit

    def njit(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return compile_function(**options)

    monkeypatch.setattr(module.numba, "njit", njit)
    assert module.compiled(lambda x: x + 1)(1) == 2

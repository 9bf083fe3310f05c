"""Bad input by the thousand: good examples, seeded damage, and what the product makes of each.

``benchmarks/fuzzing.py`` runs it. A kind of input (:class:`~.kind.Kind`) says how to make a good
example, which of its files are damaged and how, and what reads them; :mod:`.trial` does so in a
forked child and says what became of it.
"""

"""What goes wrong around a program, done to it on purpose, and what became of it.

``benchmarks/faulting.py`` runs it. A fault (:class:`~.fault.Fault`) says what is done and what is
expected; it tries itself in a folder of its own (:class:`~.fault.Trial`) with commands as users
type them, most of them in warm processes (``tests/warm.py``), and says how each try ended.
"""

"""Studies: every run of every experiment from one YAML file, shared, resumed and counted.

Nothing is imported here: :mod:`.ask` is started once for each run and has to be there at once.
"""

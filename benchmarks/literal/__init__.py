"""The paper's sample generation as its text describes it: NumPy and SciPy, one sample at a time.

Written from the published descriptions as what speed is measured against, and as the slow and
obvious statement of each distribution. Images are ``(X, Y, Z)`` float64 in [0, 1]; ``rng`` makes
all decisions. Where medssl differs from the paper by choice, the text here follows medssl, so that
both do the same work.
"""

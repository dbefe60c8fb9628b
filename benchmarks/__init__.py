"""Measurements: each prints ratios to a floor of the same run and asserts nothing on time."""

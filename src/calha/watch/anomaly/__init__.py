"""Anomalies found as readings arrive: no training step, no look into the future, one setting for every series.

`series` watches each series by itself, `joint` the channels of a device together, `district` a water district.
Each is pure: readings go in, findings come out; `keeping` turns what was learnt into bytes and back. Method and figures:
docs/anomaly-benchmarks.md.
"""

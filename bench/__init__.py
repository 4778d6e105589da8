"""Benchmarks, each with its workload written down: `python -m bench.ingest_tb` and so on.

Each starts its own Calha on free ports in a temporary folder, prints a table, and writes bench/results/<name>.json.
"""

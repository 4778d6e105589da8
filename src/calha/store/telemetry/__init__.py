"""Telemetry: every reading, its rollups, and the newest values; DuckDB for what is recent, Parquet for what is past."""

from calha.store.telemetry.columns import Columns
from calha.store.telemetry.latest import Latest
from calha.store.telemetry.telemetry import Statistics, Telemetry
from calha.store.telemetry.touched import Touched

__all__ = ["Columns", "Latest", "Statistics", "Telemetry", "Touched"]

"""Anomalies as they are kept: what was found, and what people said of it. In the registry's database."""

from calha.store.anomalies.anomalies import AnomalyStore
from calha.store.anomalies.rows import AnomalyRow, Found, Tally, Verdict, VerdictFilter

__all__ = ["AnomalyRow", "AnomalyStore", "Found", "Tally", "Verdict", "VerdictFilter"]

"""Metering as it is kept: registers, decisions, edits, findings, balances. In the registry's database."""

from calha.store.metering.edits import EditStore
from calha.store.metering.findings import FindingStore
from calha.store.metering.registers import RegisterStore
from calha.store.metering.rows import DecisionRow, EditRow, EvidenceRow, ExceptionRow, ManualReadingRow, PlateRow

__all__ = [
    "DecisionRow",
    "EditRow",
    "EditStore",
    "EvidenceRow",
    "ExceptionRow",
    "FindingStore",
    "ManualReadingRow",
    "PlateRow",
    "RegisterStore",
]

"""Metering as it is kept: registers, decisions, edits, findings, balances. In the registry's database."""

from calha.store.metering.registers import RegisterStore
from calha.store.metering.rows import DecisionRow, EditRow, ExceptionRow, ManualReadingRow, PlateRow

__all__ = ["DecisionRow", "EditRow", "ExceptionRow", "ManualReadingRow", "PlateRow", "RegisterStore"]

"""Saved reports and the history of what was made and sent, in the registry's database."""

from calha.store.reports.rows import FileFacts, NewReport, ReportRunRow, ReportState, SavedRow, Sending
from calha.store.reports.runs import ReportHistory
from calha.store.reports.saved import SavedReports

__all__ = [
    "FileFacts",
    "NewReport",
    "ReportHistory",
    "ReportRunRow",
    "ReportState",
    "SavedReports",
    "SavedRow",
    "Sending",
]

"""Alarm rules, alarms and the history of their states, in the registry's database."""

from calha.store.alarms.alarms import AlarmStore
from calha.store.alarms.rows import AlarmRow, Change, Raising, RuleRow, ToldTransition, TransitionRow
from calha.store.alarms.rules import RuleStore

__all__ = ["AlarmRow", "AlarmStore", "Change", "Raising", "RuleRow", "RuleStore", "ToldTransition", "TransitionRow"]

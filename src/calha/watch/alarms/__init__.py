"""Alarms found as readings arrive, for many rules at once.

`checks` lays rules out as columns, `signals` makes of readings what the rules look at, `evaluation` follows them reading by
reading, `replay` answers what they would have said of the past. All are pure: readings go in, changes come out.
"""

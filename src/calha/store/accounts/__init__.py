"""People, roles, sessions, keys and the audit log, in the registry's database."""

from calha.store.accounts.audit import AuditLog, Verdict
from calha.store.accounts.keys import Keys
from calha.store.accounts.people import People
from calha.store.accounts.rows import AuditRow, GrantRow, KeyRow, PasskeyRow, PersonRow, SessionRow
from calha.store.accounts.sessions import Links, Sessions

__all__ = [
    "AuditLog",
    "AuditRow",
    "GrantRow",
    "KeyRow",
    "Keys",
    "Links",
    "PasskeyRow",
    "People",
    "PersonRow",
    "SessionRow",
    "Sessions",
    "Verdict",
]

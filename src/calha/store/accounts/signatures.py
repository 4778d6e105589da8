"""The names under which somebody has made what others use on, such as a note or a dashboard.

When a person is forgotten, another word takes their place. Kept are the audit log, which could not be verified otherwise, and
who commanded, acknowledged, corrected or billed something, as the law wants that kept.
"""

from collections.abc import Collection

from sqlalchemy import Connection, or_, select, update

from calha.store.accounts.models import ApiKey, AuditEntry, Person, ProvisioningKey
from calha.store.dashboards.models import Dashboard, DashboardLink
from calha.store.explore.models import Annotation
from calha.store.notify.models import MessageTemplate
from calha.store.reports.models import ReportRun, SavedReport

_SIGNED = (
    Annotation.made_by,
    ApiKey.made_by,
    Dashboard.changed_by,
    DashboardLink.made_by,
    MessageTemplate.changed_by,
    ProvisioningKey.made_by,
    ReportRun.made_by,
    SavedReport.made_by,
)


def names_of(connection: Connection, person_id: int) -> Collection[str]:
    """The names that the person has and had, but for those that are another's by now."""
    own = select(Person.email, Person.user_name).where(Person.id == person_id)
    acted = select(AuditEntry.actor).distinct().where(AuditEntry.actor_id == f"person {person_id}")
    names = {name for row in (*connection.execute(own), *connection.execute(acted)) for name in row if name}
    bears = or_(Person.email.in_(names), Person.user_name.in_(names))
    others = select(Person.email, Person.user_name).where(Person.id != person_id, bears)
    return names - {name for row in connection.execute(others) for name in row}


def blank(connection: Connection, names: Collection[str], instead: str) -> None:
    """Put another word in place of these names."""
    for column in _SIGNED:
        chosen = update(column.class_).where(column.in_(names))
        connection.execute(chosen.values({column.key: instead}))

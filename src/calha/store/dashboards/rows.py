"""What the store of dashboards answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DashboardRow:
    id: int
    site_id: int
    name: str
    document: Mapping[str, Any]
    version: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file without its bytes."""

    id: int
    dashboard_id: int
    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class LinkRow:
    id: int
    dashboard_id: int
    name: str
    variables: Mapping[str, str | int]
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None

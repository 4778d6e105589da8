"""Dashboards, their files and their public links, in the registry's database."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine

from calha.store.dashboards.boards import Boards
from calha.store.dashboards.files import Files
from calha.store.dashboards.links import Links
from calha.store.dashboards.rows import DashboardRow, FileRow, LinkRow

__all__ = ["DashboardRow", "Dashboards", "FileRow", "LinkRow"]


@dataclass(frozen=True, slots=True)
class Dashboards:
    boards: Boards
    files: Files
    links: Links

    @classmethod
    def of(cls, engine: Engine) -> Self:
        return cls(Boards(engine), Files(engine), Links(engine))

"""Tables of notes at a time of a device or site, and of what people saved of a page's state."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, Moment


class Annotation(Base):
    """Of a device or of a site, never of both. from_at, until_at: µs; until_at None: of a moment. person_id: None for a key."""

    __tablename__ = "annotation"
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    from_at: Mapped[int] = mapped_column(BigInteger, index=True)
    until_at: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(String(1000))
    made_by: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)


class SavedView(Base):
    """What a person wants to see again. page: its path. search: the state of its address. site_id: with whom it is shared."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "page", "name"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"), index=True)
    page: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    search: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(Moment)

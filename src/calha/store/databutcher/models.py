"""Tables of DataButcher's machines and users. They stand alone, as the accounts' own tables are cleared with them."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base, key_type

MAX_TEXT = 200


class DataButcherMachine(Base):
    """reset_at: µs of the last reset, since when a machine counts as stopped until it says otherwise."""

    __tablename__ = "databutcher_machine"
    device_id: Mapped[int] = mapped_column(
        ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code: Mapped[str] = mapped_column(key_type(), unique=True)
    maker: Mapped[str] = mapped_column(String(MAX_TEXT))
    model: Mapped[str] = mapped_column(String(MAX_TEXT))
    voltage: Mapped[float]
    speed: Mapped[float]
    temperature: Mapped[float]
    reset_at: Mapped[int] = mapped_column(BigInteger)


class DataButcherPerson(Base):
    __tablename__ = "databutcher_person"
    person_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    code: Mapped[str] = mapped_column(key_type(), unique=True)
    company: Mapped[str] = mapped_column(String(MAX_TEXT))
    email: Mapped[str] = mapped_column(String(254))

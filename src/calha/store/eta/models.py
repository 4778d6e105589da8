"""Tables of a replaced ETA flow system: which number its clients use for which device, channel and unit.

The numbers are theirs, so they are given explicitly and never by the database.
"""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from calha.store.registry.models import Base


class EtaUnit(Base):
    """`unidade_medida`."""

    __tablename__ = "eta_unit"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))
    symbol: Mapped[str] = mapped_column(String(20))


class EtaDevice(Base):
    """`dispositivo`. kind: RASPBERRY or CLP."""

    __tablename__ = "eta_device"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))
    code: Mapped[int | None] = mapped_column(Integer, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    location: Mapped[str | None] = mapped_column(String(100))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), unique=True)


class EtaSensor(Base):
    """`sensor`. kind: TEMPERATURA, VAZAO, PRESSAO or NIVEL."""

    __tablename__ = "eta_sensor"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))
    code: Mapped[int | None] = mapped_column(Integer, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    eta_device_id: Mapped[int] = mapped_column(ForeignKey("eta_device.id", ondelete="CASCADE"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), unique=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("eta_unit.id"), index=True)

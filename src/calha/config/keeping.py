"""What is kept where, for how long, and how much of it is taken."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from calha.config.section import GIBIBYTE, MEBIBYTE, Section, known_zone


class DataSection(Section):
    folder: Path = Path("calha-data")
    """Folder of everything that Calha keeps: log, store, registry."""


class LogSection(Section):
    url: SecretStr | None = None
    """Address of an existing NATS server or cluster (nats://…); without it Calha runs its own."""
    durability: Literal["disk", "interval"] = "disk"
    """disk: fsync before each acknowledgement. interval: fsync every 100 ms; a power cut may lose that much."""
    max_bytes: Annotated[int, Field(ge=64 * MEBIBYTE)] = 10 * GIBIBYTE
    """Disk budget of the log as a whole; when it is used up, new input is refused."""
    readings_max_bytes: Annotated[int, Field(ge=16 * MEBIBYTE)] = 4 * GIBIBYTE
    """Part of the budget for readings that are on their way to the store."""
    quarantine_max_bytes: Annotated[int, Field(ge=1 * MEBIBYTE)] = 512 * MEBIBYTE
    """Part of the budget for messages that could not be taken."""
    quarantine_days: Annotated[int, Field(ge=1)] = 90
    """How long such messages are kept."""


class StoreSection(Section):
    hot_days: Annotated[int, Field(ge=1, le=60)] = 2
    """Complete days kept in the database file before they become sorted Parquet files."""
    memory_mb: Annotated[int, Field(ge=128)] = 400
    """Memory that DuckDB may use."""
    raw_days: Annotated[int, Field(ge=0)] = 0
    """How long single readings of channels of retention class raw are kept; 0 is for ever. Their hours stay."""
    standard_days: Annotated[int, Field(ge=0)] = 0
    """How long single readings of all other channels are kept; 0 is for ever. Their hours stay."""
    rollup_days: Annotated[int, Field(ge=0)] = 0
    """How long the hours of readings that are gone are kept; 0 is for ever."""

    @property
    def has_retention(self) -> bool:
        return bool(self.raw_days or self.standard_days or self.rollup_days)


class RegistrySection(Section):
    url: SecretStr | None = None
    """SQLAlchemy URL of MariaDB or PostgreSQL; without it a SQLite file in the data folder."""
    profiles_folder: Path | None = None
    """Folder with profiles of your own (*.yaml)."""
    zone: Annotated[str, AfterValidator(known_zone)] = "America/Sao_Paulo"
    """Time zone of new sites."""
    commands_days: Annotated[int, Field(ge=0)] = 365
    """How long commands are kept that have ended; 0 is for ever. The audit log keeps who asked for what."""


class ReportsSection(Section):
    folder: Path | None = None
    """Folder in which saved reports may be laid down, each in a folder of its own name; none without it."""
    keep_days: Annotated[int, Field(ge=1)] = 30
    """How long the files of reports are kept for download. The history of what was made stays two years."""


class IngestSection(Section):
    messages_per_s: Annotated[float, Field(gt=0)] = 200.0
    """Messages a second that one device may send in the long run."""
    burst_messages: Annotated[int, Field(ge=1)] = 2_000
    """Messages that one device may send at once after being quiet."""
    payload_bytes: Annotated[int, Field(ge=1024)] = 8 * MEBIBYTE
    """Largest HTTP body, unpacked."""
    message_bytes: Annotated[int, Field(ge=256)] = 1 * MEBIBYTE
    """Largest MQTT message or TCP line."""

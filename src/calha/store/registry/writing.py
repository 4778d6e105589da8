"""One transaction that changes the registry, and says so to all who follow its version; and what it may refer to."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, select, update

from calha.domain.errors import NotFound
from calha.store.registry.models import Change, Device, Site


def require_site(connection: Connection, site_id: int | None) -> None:
    """Raises NotFound; None is the whole installation. Asked first, as drivers tell a broken reference differently."""
    if site_id is not None and connection.execute(select(Site.id).where(Site.id == site_id)).first() is None:
        raise NotFound(f"there is no site {site_id}", "unknown_site", site=site_id)


def device_id_of(connection: Connection, key: str) -> int:
    """Raises NotFound."""
    found = connection.execute(select(Device.id).where(Device.key == key)).scalar()
    if found is None:
        raise NotFound(f"there is no device {key!r}", "unknown_device", device=key)
    return int(found)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(update(Change).values(version=Change.version + 1))
        yield connection

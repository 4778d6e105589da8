"""What happens while the registry's database does not answer: RegistryUnavailable, and soon.

Rule 1: a database that hangs holds a thread up for PATIENCE_S once; then its connections are given up.
Rule 2: from then on one thread at a time finds out whether it answers again, and all others are refused at once, so that
        questions without an answer do not take all threads that readings need.
"""

import sqlite3
import threading
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from calha.domain.errors import RegistryUnavailable

PATIENCE_S = 20
CONNECT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "pymysql": {"connect_timeout": PATIENCE_S, "read_timeout": PATIENCE_S, "write_timeout": PATIENCE_S},
    "pg8000": {"timeout": PATIENCE_S},
}

_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
}
_MARIADB = {1021, 1040, 1053, 1114, 1203, 1205, 1213}  # disk full, connections, shutdown, table full, locks
_POSTGRESQL = ("53", "57P", "58", "40001", "40P01", "55P03")  # resources, shutdown, input and output, locks


def tell_outages(engine: Engine) -> None:
    """Have whatever this engine is asked raise RegistryUnavailable while its database does not answer."""
    outage = _Outage(engine)
    event.listen(engine, "handle_error", outage.translate)
    if engine.dialect.name != "sqlite":
        event.listen(engine, "do_connect", outage.connect)
        event.listen(engine, "checkout", outage.ping)


class _Outage:
    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._lasts = False
        self._trying = threading.Lock()

    def connect(self, _: object, __: object, arguments: Any, options: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's
        """A new connection. Raises RegistryUnavailable, at once while another thread waits for one."""
        if not self._lasts:
            return self._connected(arguments, options)
        if not self._trying.acquire(blocking=False):
            raise RegistryUnavailable("the registry's database does not answer")
        try:
            connection = self._connected(arguments, options)
            self._lasts = False
        finally:
            self._trying.release()
        return connection

    def ping(self, connection: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
        """SQLAlchemy's own lets the time-outs of a driver pass that does not tell them as its errors."""
        try:
            self._dialect.do_ping(connection)
        except (self._dialect.loaded_dbapi.Error, OSError) as error:
            self._lasts = True
            raise InvalidatePoolError from error

    def translate(self, context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, OSError):
            context.is_disconnect = True
        if context.is_disconnect:
            self._lasts = True
        elif not _is_outage(error):
            return
        raise RegistryUnavailable(_told(error)) from error

    def _connected(self, arguments: Any, options: Any) -> Any:  # noqa: ANN401 - the driver's
        try:
            return self._dialect.connect(*arguments, **options)
        except (self._dialect.loaded_dbapi.Error, OSError) as error:
            self._lasts = True
            raise RegistryUnavailable(_told(error)) from error


def _is_outage(error: BaseException) -> bool:
    """Whether a question failed for want of a working database, not for what was asked."""
    if isinstance(error, sqlite3.Error):
        code: int | None = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _SQLITE
    given = error.args[0] if error.args else None
    if isinstance(given, dict):  # pg8000
        return str(given.get("C", "")).startswith(_POSTGRESQL)
    return given in _MARIADB


def _told(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"the registry's database does not work now: {lines[0] if lines else type(error).__name__}"

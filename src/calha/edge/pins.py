"""Which certificate each PLC has shown first, where the operator lets it be trusted then (`trust_first`)."""

import json
from pathlib import Path

from calha.domain.errors import InvalidConfiguration


class Pins:
    """The certificates that PLCs have shown first, by address, in a file: who deletes it lets them show others.

    A damaged file is no reason to trust anew. Everything raises InvalidConfiguration then.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, endpoint: str) -> str:
        return self._read().get(endpoint, "")

    def add(self, endpoint: str, sha256: str) -> None:
        content = self._read() | {endpoint: sha256}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(content))
        temporary.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            return {str(key): str(value) for key, value in json.loads(self._path.read_text()).items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError) as error:
            detail = f"{self._path} is damaged ({error}); delete it to trust the certificates that PLCs show next"
            raise InvalidConfiguration(detail) from None

"""The public halves of the other services' keys, read from their file whenever it changed."""

from pathlib import Path

import msgspec
import structlog

from contracts.problems import Unavailable
from contracts.tokens import Jwk

log = structlog.get_logger()


class ServiceKeys:
    """By the service's name, which is the key's id. No file, no services."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._changed_at = 0
        self._keys: dict[str, Jwk] = {}

    def current(self) -> dict[str, Jwk]:
        """Those last read, while the file cannot be; raises `Unavailable` if it never could."""
        if self._path is None:
            return {}
        try:
            self._read(self._path)
        except (OSError, msgspec.DecodeError, KeyError) as error:
            log.warning("service_keys.unreadable", path=str(self._path), error=repr(error)[:300])
            if not self._keys:
                raise Unavailable("The services' keys cannot be read: see SERVICE_JWKS_FILE") from None
        return self._keys

    def _read(self, path: Path) -> None:
        if (changed_at := path.stat().st_mtime_ns) != self._changed_at:
            found = msgspec.json.decode(path.read_bytes(), type=dict[str, list[Jwk]])["keys"]
            self._keys = {key["kid"]: key for key in found}
            self._changed_at = changed_at

"""The public halves of the other services' keys, read from their file whenever it changed."""

from pathlib import Path

import msgspec

from contracts.tokens import Jwk


class ServiceKeys:
    """By the service's name, which is the key's id. No file, no services."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._changed_at = 0
        self._keys: dict[str, Jwk] = {}

    def current(self) -> dict[str, Jwk]:
        if self._path is not None and (changed_at := self._path.stat().st_mtime_ns) != self._changed_at:
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, list[Jwk]])["keys"]
            self._keys = {key["kid"]: key for key in found}
            self._changed_at = changed_at
        return self._keys

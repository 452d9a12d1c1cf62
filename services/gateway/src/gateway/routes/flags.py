"""Feature flags: given by the environment, changed by a file while everything runs."""

from pathlib import Path

import msgspec
import structlog

from gateway.settings import Settings

log = structlog.get_logger()

Flag = bool | int | float | str


class Flags:
    """What is switched on. A file that cannot be read changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._given = msgspec.json.decode(settings.flags or "{}", type=dict[str, Flag])
        self._file = Path(settings.flags_file) if settings.flags_file else None
        self._read: dict[str, Flag] = {}
        self._stamp: tuple[int, int] | None = None

    def current(self) -> dict[str, Flag]:
        """All flags; the file is read again when it has changed."""
        if self._file is not None:
            try:
                found = self._file.stat()
                if self._stamp != (stamp := (found.st_mtime_ns, found.st_size)):
                    self._stamp = stamp
                    self._read = msgspec.json.decode(self._file.read_bytes(), type=dict[str, Flag])
            except (OSError, msgspec.MsgspecError) as error:
                log.warning("flags.unreadable", file=str(self._file), error=str(error))
        return self._given | self._read

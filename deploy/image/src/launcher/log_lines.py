"""Lines of logs that have formats of their own, as our programs' loggers would write them."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

_POSTGRES: Final = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] (?P<level>[A-Z]+\d?):\s+(?P<text>.*)")
_VALKEY: Final = re.compile(r"^\d+:\w \d+ \w+ \d{4} [\d:.]+ (?P<level>[.\-*#]) (?P<text>.*)")
_SEAWEEDFS: Final = re.compile(r"^(?P<level>[IWEF])\d{4} [\d:.]+\s+(?:\d+ )?(?P<text>.*)")
_LEVELS: Final = {
    **dict.fromkeys(("ERROR", "E"), "error"),
    **dict.fromkeys(("FATAL", "PANIC", "F"), "critical"),
    **dict.fromkeys(("WARNING", "W", "#"), "warning"),
    **dict.fromkeys((".", "-", "DEBUG1", "DEBUG2"), "debug"),
}
_SERVERS: Final = {"postgres": _POSTGRES, "valkey": _VALKEY, "seaweedfs": _SEAWEEDFS}
_LOUD: Final = {"warning", "error", "critical"}


def translate(program: str, line: str, *, pretty: bool, quiet: bool) -> str:
    """A line of a log with the program's name and the level: a server's, or what a program of ours wrote past its log.

    `quiet` leaves out what is no warning of a server; the answer is empty then.
    """
    pattern = _SERVERS.get(program)
    if pattern is None:
        return line if pretty or line.startswith("{") else _event(program, "error", line)
    match = pattern.match(line)
    level = _LEVELS.get(match["level"], "info") if match else "info"
    if quiet and level not in _LOUD:
        return ""
    text = match["text"] if match else line
    return f"{level:<8} {text.rstrip()} service={program}\n" if pretty else _event(program, level, text)


def _event(program: str, level: str, text: str) -> str:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    event = {"event": text.rstrip("\n"), "level": level, "at": at, "service": program}
    return f"{msgspec.json.encode(event).decode()}\n"

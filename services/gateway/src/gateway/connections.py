"""The open HTTP connections: a limit per address, and room kept for those that members use."""

from collections import Counter
from typing import Final, Protocol

CONNECTION: Final = "guildhall.connection"
"""Where a request's scope names its connection."""


class Connection(Protocol):
    """An open connection and where it comes from."""

    address: str

    def abort(self) -> None: ...
    def is_known(self) -> None: ...


class Connections:
    """Allows `per_address_max` connections of one address (0: no limit), and `unknown_max` unknown ones of all: one
    more ends the oldest. A connection is unknown until a request with a valid token has come on it."""

    def __init__(self, *, per_address_max: int, unknown_max: int) -> None:
        self._per_address_max = per_address_max
        self._unknown_max = unknown_max
        self._of_address: Counter[str] = Counter()
        self._open: set[Connection] = set()
        self._unknown: dict[Connection, None] = {}

    def enter(self, connection: Connection) -> bool:
        """Whether it may stay."""
        address = connection.address
        if self._per_address_max and self._of_address[address] >= self._per_address_max:
            return False
        if len(self._unknown) >= self._unknown_max:
            oldest = next(iter(self._unknown))
            self.leave(oldest)
            oldest.abort()
        self._of_address[address] += 1
        self._open.add(connection)
        self._unknown[connection] = None
        return True

    def know(self, connection: Connection) -> None:
        self._unknown.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        """It has closed, or has become a socket, which has limits of its own. Harmless to repeat."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self._unknown.pop(connection, None)
        self._of_address[connection.address] -= 1
        if not self._of_address[connection.address]:
            del self._of_address[connection.address]

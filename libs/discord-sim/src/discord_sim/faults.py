"""What goes wrong on demand: requests that are slow or refused, dispatches that come late or never."""

from fnmatch import fnmatchcase

import msgspec


class RestFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Meets requests whose `METHOD /path` (as sent, without the /api/v10) matches the pattern."""

    match: str = "*"
    times: int | None = 1
    """How many requests it meets; None: until it is taken away."""
    delay: float = 0.0
    status: int | None = None
    """Answer with this instead: 500, 502, 503, 504, 429, or any other."""
    retry_after: float = 1.0
    everywhere: bool = False
    """A 429 that says it is the global one."""
    after: bool = False
    """Fail only after the work was done: the bot can't know whether it was."""


class GatewayFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    dispatch_delay: float = 0.0
    """Seconds by which every dispatch comes late."""
    ignore_heartbeats: bool = False
    refuse_identify: int | None = None
    """Close code for each client that identifies."""
    refuse_connections: bool = False
    swallow: tuple[str, ...] = ()
    """Names of dispatches that never arrive."""
    unanswered_joins: int = 0
    """How many of the next requests to join or leave a voice channel (op 4) are ignored."""


class Faults:
    def __init__(self) -> None:
        self.rest: list[RestFault] = []
        self.gateway = GatewayFaults()

    def meet(self, request: str) -> RestFault | None:
        """The fault that this request runs into, counted down."""
        for fault in self.rest:
            if fnmatchcase(request, fault.match):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.rest.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self.rest.clear()
        self.gateway = GatewayFaults()

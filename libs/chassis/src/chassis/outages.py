"""What counts as an outage, for the whole house: by the cause that an error names, not by a list of its classes.

An outage ends by itself and is the fault of no event and no row: whatever met it waits and tries again.
"""

import errno
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from contracts.problems import Unavailable

_SQLSTATES: Final = ("08", "40", "53", "57", "25006", "55P03")
"""Connection, deadlock or serialization, resources, operator (shutdown, cancel), read-only standby, lock timeout.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""
_LOCAL: Final = frozenset(
    {
        errno.ENOENT,
        errno.EEXIST,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENOTEMPTY,
        errno.EACCES,
        errno.EPERM,
        errno.EINVAL,
        errno.EBADF,
        errno.ENAMETOOLONG,
    }
)
"""What the operating system says of a wrong path or a wrong call, which no waiting mends."""


def is_outage(error: BaseException) -> bool:
    """Whether a dependency is away: PostgreSQL, its pool, Redis, S3, HTTP, Discord, the network, the disk's room.

    A group of errors is an outage when all of them are.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(one) for one in cast("BaseExceptionGroup[BaseException]", error).exceptions)
    if isinstance(error, Unavailable):
        return True
    for kind in type(error).__mro__:
        cause = OUTAGES.get(kind.__module__.partition(".")[0])
        if cause is not None:
            return cause(error)
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    return isinstance(error, OSError) and error.errno not in _LOCAL


def _of_sqlalchemy(error: Any) -> bool:
    """Its pool's timeout; a cut connection, whatever the statement on it said; what the driver below says."""
    names = _names(error)
    if "DBAPIError" not in names:
        return bool(names & {"TimeoutError", "DisconnectionError"})
    driver = error.orig.__cause__ or error.orig
    unnamed = not getattr(driver, "sqlstate", None) and bool(names & {"OperationalError", "InternalError"})
    return bool(error.connection_invalidated) or unnamed or _of_postgres(driver)


def _of_postgres(error: Any) -> bool:
    """asyncpg: a SQLSTATE of an outage, or the client's own words for a connection that is gone."""
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate:
        return str(sqlstate).startswith(_SQLSTATES)
    if isinstance(error, ValueError):  # a value that is no such parameter
        return False
    return isinstance(error, OSError) or bool(_names(error) & {"InterfaceError", "InternalClientError"})


def _of_redis(error: Any) -> bool:
    """Its connection, its start, its failover, its full memory; a wrong command is a bug."""
    if _names(error) & {"ConnectionError", "TimeoutError", "ReadOnlyError", "OutOfMemoryError", "TryAgainError"}:
        return True
    return str(error).startswith(("LOADING", "MISCONF", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "NOGROUP", "OOM"))


def _of_aiohttp(error: Any) -> bool:
    """No connection, a broken one, or an answer that says so (5xx, 429); a wrong address is a bug."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and status:
        return status >= 500 or status == 429
    return not isinstance(error, ValueError)


def _of_botocore(error: Any) -> bool:
    """No connection to the store, or an answer that says so; a missing object or a refusal is not an outage."""
    answer = getattr(error, "response", None)
    if answer is None:
        away = {"HTTPClientError", "ConnectionError", "IncompleteReadError", "ResponseStreamingError"}
        return bool(_names(error) & away)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or answer.get("Error", {}).get("Code") in {"SlowDown", "RequestTimeout"}


def _of_hikari(error: Any) -> bool:
    """Discord does not answer, is overloaded, or wants fewer requests; a refused token or request is not an outage."""
    if "GatewayServerClosedConnectionError" in _names(error):
        return bool(error.can_reconnect)
    return not _names(error) & {"ClientHTTPResponseError", "MissingIntentError", "UnrecognisedEntityError"}


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


OUTAGES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "sqlalchemy": _of_sqlalchemy,
    "asyncpg": _of_postgres,
    "redis": _of_redis,
    "aiohttp": _of_aiohttp,
    "botocore": _of_botocore,
    "hikari": _of_hikari,
}
"""By the package that raised. Their modules are not imported here: a service loads only those that it uses."""

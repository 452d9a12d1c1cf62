"""Calls to other services: kept-alive connections, time limits, a circuit that opens, the trace passed on."""

import time
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import aiohttp
import msgspec

from chassis.tracing import traceparent
from contracts.problems import Unavailable
from contracts.times import NEVER

T = TypeVar("T")


class Answer(msgspec.Struct, frozen=True):
    """What came back: any status below 500."""

    status: int
    body: bytes

    def decode(self, expected: type[T]) -> T:
        """The body as this type. Raises `msgspec.MsgspecError` when it is something else."""
        return msgspec.json.decode(self.body, type=expected)


class Tokens(Protocol):
    """Gives the bearer token for a call to the service named `audience`."""

    async def token_for(self, audience: str) -> str: ...


class Circuit:
    """Opens after `failures_max` failures in a row and lets one call try again after `open_seconds`."""

    def __init__(self, *, failures_max: int = 5, open_seconds: float = 1.0) -> None:
        self._failures_max = failures_max
        self._open_seconds = open_seconds
        self._failures = 0
        self._tries_again_at = NEVER

    def check(self, service: str) -> None:
        """Before a call. Raises `Unavailable`, with the time to wait, while it is open."""
        if self._failures >= self._failures_max:
            wait = self._tries_again_at - time.monotonic()
            if wait > 0:
                raise Unavailable(f"{service} does not answer", retry_after_seconds=wait)
            self._tries_again_at = time.monotonic() + self._open_seconds

    def succeeded(self) -> None:
        """The service answered: failures before do not count any more."""
        self._failures = 0

    def failed(self) -> None:
        """One more failure in the row."""
        self._failures += 1
        self._tries_again_at = time.monotonic() + self._open_seconds


class ServiceClient:
    """Asks one other service. Connection errors, time-outs and 5xx all are `Unavailable`."""

    def __init__(
        self, http: aiohttp.ClientSession, service: str, url: str, *, tokens: Tokens | None = None, seconds: float = 5.0
    ) -> None:
        self._http = http
        self._service = service
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=1.0)
        self._circuit = Circuit()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`token` goes instead of this service's own. Raises `Unavailable`; a refusal below 500 is an answer."""
        self._circuit.check(self._service)
        sent = {"traceparent": traceparent(), **(headers or {})}
        if token is None and self._tokens is not None:
            token = await self._tokens.token_for(self._service)
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data = msgspec.json.encode(body)
            sent["content-type"] = "application/json"
        try:
            async with self._http.request(
                method, self._url + path, data=data, params=params, headers=sent, timeout=self._timeout
            ) as response:
                answer = Answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._circuit.failed()
            reason = f"{self._service} does not answer: {type(error).__name__}"
            raise Unavailable(reason, retry_after_seconds=1) from None
        if answer.status >= 500:
            self._circuit.failed()
            raise Unavailable(f"{self._service} answered {answer.status}", retry_after_seconds=1)
        self._circuit.succeeded()
        return answer

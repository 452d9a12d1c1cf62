"""The way of browsers to a store that is private: forms that upload, and addresses that are signed; nothing else."""

from http import HTTPStatus
from typing import Final

from litestar.types import HTTPScope, Message, Receive, Send

from contracts.problems import NotFound
from gateway.client import Client
from gateway.forward.answers import Headers
from gateway.forward.forwarder import Forwarder

HEARD: Final = frozenset(
    {b"host", b"content-type", b"content-length", b"range", b"if-match", b"if-none-match", b"if-range"}
)
"""What the store is told of a request's headers: neither who asks nor anything that could stand for a signature."""
TOLD: Final = frozenset(
    {
        b"content-type", b"content-length", b"content-range", b"content-disposition", b"accept-ranges", b"etag",
        b"last-modified",
    }
)  # fmt: skip
"""What is said of its answers: it sends nobody elsewhere, and lets no other pages in."""
RETRY_AFTER: Final = (b"retry-after", b"5")
"""Of a failure of its own, a full disk for one, it says 500: nobody's request has to change for it to pass."""
HARMLESS: Final = (b"content-security-policy", b"default-src 'none'; sandbox")
"""Whatever somebody has put there, at this origin it can do nothing."""


class Store:
    """In front of the forwarder to the store, which checks the signature of every form and address itself."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    async def forward(self, scope: HTTPScope, receive: Receive, send: Send, *, client: Client, more: Headers) -> None:
        """As the forwarder does. Raises `NotFound` for what no form or signed address is."""
        if not _is_signed(scope):
            raise NotFound
        headers = [pair for pair in scope["headers"] if pair[0] in HEARD]
        asked: HTTPScope = {**scope, "headers": headers}

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [pair for pair in message["headers"] if pair[0] in TOLD]
                if message["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    message["status"] = HTTPStatus.SERVICE_UNAVAILABLE.value
                    told.append(RETRY_AFTER)
                message["headers"] = [*told, HARMLESS, *more]
            await send(message)

        await self._forwarder.forward(asked, receive, tell, client=client, more=[])


def _is_signed(scope: HTTPScope) -> bool:
    """A form is sent to the bucket itself, and has its signature inside; else one object is read by its address."""
    key = scope["raw_path"].strip(b"/").partition(b"/")[2]
    if scope["method"] == "POST":
        return not key and not scope["query_string"]
    return scope["method"] in {"GET", "HEAD"} and bool(key) and b"X-Amz-Signature=" in scope["query_string"]

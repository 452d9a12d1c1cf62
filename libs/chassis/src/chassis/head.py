"""HEAD on every address that takes GET: the same head, no body (RFC 9110, section 9.3.2)."""

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def answering_head(app: ASGIApp) -> ASGIApp:
    """Around an application that knows GET: a HEAD is asked as GET, and its body ends before it begins."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        ended = False

        async def receive_until_ended() -> Message:
            return {"type": "http.disconnect"} if ended else await receive()  # type: ignore[return-value]

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await app({**scope, "method": "GET"}, receive_until_ended, send_head)  # type: ignore[arg-type]

    return asked

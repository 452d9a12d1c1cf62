"""A mail server that keeps what it is given, for tests to wait for."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

WAIT_SECONDS = 30


class Mailbox:
    """As much of SMTP (RFC 5321) as a client needs to hand over a mail."""

    def __init__(self) -> None:
        self.port = 0
        self.refusing = False
        self._mails: defaultdict[str, asyncio.Queue[EmailMessage]] = defaultdict(asyncio.Queue)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator["Mailbox"]:
        box = cls()
        server = await asyncio.start_server(box._serve, "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        yield box
        server.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def empty(self) -> None:
        self.refusing = False
        self._mails.clear()

    async def next(self, to: str) -> EmailMessage:
        """The next mail to this address that was not asked for yet."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._mails[to].get()

    async def link(self, to: str, page: str = "") -> str:
        """What the next mail's link carries; mails that lead to another page, where one is named, are passed over."""
        while True:
            found = re.search(rf"{page}#token=(\S+)", text_of(await self.next(to)))
            assert found is not None or page
            if found is not None:
                return found[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def answer(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        answer("220 here")
        to = ""
        while line := (await reader.readline()).decode().strip():
            command = line.upper()
            if command.startswith("RCPT"):
                to = line.partition("<")[2].rstrip(">")
                answer("451 not now" if self.refusing else "250 ok")
            elif command == "DATA":
                answer("354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self._mails[to].put_nowait(BytesParser(policy=policy.default).parsebytes(raw[:-3]))
                answer("250 kept")
            elif command == "QUIT":
                answer("221 bye")
                break
            else:
                answer("250 ok")
        writer.close()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return body.get_content()

"""Hands messages to a mail server, or in development to a folder that `/dev/mail` shows."""

import asyncio
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from auth.settings import Settings
from contracts.ids import new_id

SHOWN_MAX: Final = 100


class Postman(Protocol):
    async def deliver(self, message: EmailMessage) -> None: ...


class SmtpPostman:
    """To the mail server of the settings, on a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        url = urlsplit(settings.smtp_url.reveal())
        self._host, self._port = url.hostname or "localhost", url.port
        self._username = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else None
        self._tls = url.scheme == "smtps"
        self._seconds = settings.smtp_seconds

    async def deliver(self, message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._tls,
            timeout=self._seconds,
        )


class ShownMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the folder."""

    name: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime


class FolderPostman:
    """Each mail a file `<UUIDv7>.eml`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._write, message)

    def newest(self) -> list[ShownMail]:
        """The last ones, newest first."""
        names = sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)
        return [self._read(name) for name in names[:SHOWN_MAX]]

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f"{new_id()}.part"
        unfinished.write_bytes(message.as_bytes())
        unfinished.rename(unfinished.with_suffix(".eml"))

    def _read(self, name: str) -> ShownMail:
        message = BytesParser(policy=policy.default).parsebytes((self._folder / f"{name}.eml").read_bytes())
        text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        return ShownMail(
            name=name,
            to=message["To"],
            subject=message["Subject"],
            text=text.get_content() if text else "",
            html=html.get_content() if html else "",
            at=parsedate_to_datetime(message["Date"]),
        )


class NoPostman:
    """No mail server is configured: mails wait."""

    async def deliver(self, message: EmailMessage) -> None:
        raise OSError(f"no mail server is configured (AUTH_SMTP_URL): a mail to {message['To']} waits")


def postman_for(settings: Settings) -> Postman:
    if settings.smtp_url.reveal():
        return SmtpPostman(settings)
    if settings.environment == "development":
        return FolderPostman(Path(settings.mail_folder))
    return NoPostman()

"""The object store: presigned uploads for recorders and people, objects for us. Types of its client end here."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import aioboto3
import aiohttp
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contracts.problems import Unavailable
from media.domain.ranges import Span
from media.settings import Settings

T = TypeVar("T")

CONTENT_TYPE: Final = "audio/ogg"
KEYS_MAX: Final = 1000
"""In one request, as S3 has it."""
PART_BYTES: Final = 262_144
"""So much of an object is in memory for each reader."""
_AWAY: Final = (BotoCoreError, aiohttp.ClientError, OSError, TimeoutError)
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})


class Upload(msgspec.Struct, frozen=True):
    """A `PUT` to this address, with exactly these headers, is accepted until then."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


class Form(msgspec.Struct, frozen=True):
    """A `multipart/form-data` POST of these fields to this address, and of the `file` after them, is accepted."""

    url: str
    fields: dict[str, str]


class Lying(msgspec.Struct, frozen=True):
    """What lies in the store; the `etag` is of these bytes alone."""

    size: int
    etag: str


class Objects:
    """One client for the life of the process: `async with objects.connected():`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        settings = self._settings
        session: Any = aioboto3.Session()
        async with session.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key.reveal(),
            aws_secret_access_key=settings.s3_secret_key.reveal(),
            config=Config(
                connect_timeout=2,
                read_timeout=settings.s3_seconds,
                retries={"max_attempts": 1},
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                max_pool_connections=32,
            ),
        ) as self._client:
            yield

    async def presign(self, key: str, *, size: int, sha256: str, at: datetime) -> Upload:
        """An address that takes these bytes and no others, if the store checks what is signed (S3 does)."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        seconds = self._settings.upload_seconds
        bound = {"ContentLength": size, "ContentType": CONTENT_TYPE, "ChecksumSHA256": checksum}
        url: str = await self._client.generate_presigned_url(
            "put_object", Params={"Bucket": self._settings.s3_bucket, "Key": key, **bound}, ExpiresIn=seconds
        )
        headers = {"content-length": str(size), "content-type": CONTENT_TYPE, "x-amz-checksum-sha256": checksum}
        return Upload(url, headers, at + timedelta(seconds=seconds))

    async def presign_form(self, key: str, *, size: int, sha256: str, content_type: str, seconds: int) -> Form:
        """For browsers: as above, also where they reach the store by another address than we do."""
        settings = self._settings
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        fields = {
            "Content-Type": content_type,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": checksum,
        }
        conditions = [*({name: value} for name, value in fields.items()), ["content-length-range", size, size]]
        form = await self._client.generate_presigned_post(
            settings.s3_bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
        )
        address = settings.s3_public_url or settings.s3_endpoint  # the policy that is signed does not name it
        return Form(f"{address.rstrip('/')}/{settings.s3_bucket}", form["fields"])

    async def look(self, key: str) -> Lying | None:
        """What lies there, unread; None when nothing does."""
        answer = await _found(self._client.head_object(Bucket=self._settings.s3_bucket, Key=key))
        return None if answer is None else Lying(answer["ContentLength"], answer["ETag"])

    async def parts(self, key: str, span: Span, *, etag: str) -> AsyncGenerator[bytes]:
        """Bytes of an object, part by part: no connection is held while the reader takes its time. Raises
        `Unavailable` also when the object is not the one of this `etag`, or no longer."""
        for first in range(span.first, span.end, PART_BYTES):
            last = min(first + PART_BYTES, span.end) - 1
            part = await _found(self._bytes(key, first, last, IfMatch=etag))
            if part is None:
                raise Unavailable("the file is no longer in the object store")
            yield part

    async def read(self, key: str, *, bytes_max: int) -> bytes | None:
        """A whole object; None when it is not there. Of one that is larger, a byte too much shows it."""
        return await _found(self._bytes(key, 0, bytes_max))

    async def remove(self, key: str) -> None:
        """Also when it was not there."""
        await _found(self._client.delete_object(Bucket=self._settings.s3_bucket, Key=key))

    async def remove_all(self, keys: Sequence[str]) -> None:
        """All of these, a thousand at a time."""
        for first in range(0, len(keys), KEYS_MAX):
            wanted = {"Objects": [{"Key": key} for key in keys[first : first + KEYS_MAX]], "Quiet": True}
            answer: Any = await _found(self._client.delete_objects(Bucket=self._settings.s3_bucket, Delete=wanted))
            if answer and answer.get("Errors"):
                raise Unavailable(f"the object store keeps {len(answer['Errors'])} objects", retry_after_seconds=1)

    async def vacuum(self) -> None:
        """Return when the bytes of what was removed so far are on the store's disk no more, where that is ours to
        ask for. Raises `Unavailable`."""
        settings = self._settings
        if not settings.store_vacuum_url:
            return
        timeout = aiohttp.ClientTimeout(total=settings.store_vacuum_seconds_max)
        try:
            async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as http:
                # Twice: one that is asked for while another runs returns at once, and has done nothing.
                for _ in range(2):
                    await asyncio.sleep(settings.store_settles_seconds)
                    async with http.get(settings.store_vacuum_url) as response:
                        await response.read()
        except _AWAY as error:
            raise _away(error) from None

    async def check(self) -> None:
        """Whether the bucket can be reached."""
        await self._client.head_bucket(Bucket=self._settings.s3_bucket)

    async def _bytes(self, key: str, first: int, last: int, **conditions: str) -> bytes:
        answer = await self._client.get_object(
            Bucket=self._settings.s3_bucket, Key=key, Range=f"bytes={first}-{last}", **conditions
        )
        async with answer["Body"] as body:
            return await body.read()


async def _found(asking: Awaitable[T]) -> T | None:
    """What the store answers; None when the object is not there. Raises `Unavailable`."""
    try:
        return await asking
    except ClientError as error:
        refused: Any = error.response
        if refused["Error"]["Code"] in _ABSENT:
            return None
        raise _away(error) from None
    except _AWAY as error:
        raise _away(error) from None


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"the object store does not answer: {type(error).__name__}", retry_after_seconds=1)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

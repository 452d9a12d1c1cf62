"""`Idempotency-Key`: a creating request that is repeated is answered with the first answer, and makes nothing twice."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
import sqlalchemy as sa
from alembic import op
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.params import HeaderParameter
from litestar.serialization import encode_json
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.problems import Conflict, FieldError, InvalidInput
from contracts.times import now

T = TypeVar("T")

HEADER: Final = "Idempotency-Key"
KEY_CHARS_MAX: Final = 200

metadata = sa.MetaData()
keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
)
_FORGET: Final = sa.text("""
    delete from idempotency_keys where ctid = any(array(
        select ctid from idempotency_keys where at < :before limit :limit for update skip locked))
""")


def create_table() -> None:
    """Version 1 of the table, for a migration. Never change it: a later shape is a later function."""
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("idempotency_keys_at", "idempotency_keys", ["at"])


class KeyReused(Conflict):
    """The same `Idempotency-Key` came with another body."""

    code, title = "idempotency_key_reused", "This Idempotency-Key was used for another request"


class Once:
    """What one request's key stands for: together with who asks, and the method and path they ask."""

    def __init__(self, request: str, key: str | None, *, kept: timedelta) -> None:
        self._request = request
        self._key = key
        self._kept = kept

    async def answer(
        self, transaction: AsyncConnection, *, caller: object, wanted: object, make: Callable[[], Awaitable[T]]
    ) -> Response[T]:
        """201 with what `make` makes; 200 with what it made when `caller` asked first. Raises `KeyReused`.

        The key is kept in the transaction that makes the thing: a refused request leaves none. Who repeats at the
        same moment waits for the first.
        """
        if self._key is None:
            return Response(await make(), status_code=201)
        if not 1 <= len(self._key) <= KEY_CHARS_MAX or not self._key.isprintable():
            raise InvalidInput(errors=[FieldError(HEADER, f"must have 1 to {KEY_CHARS_MAX} visible characters")])
        whose = {"caller": str(caller), "request": self._request, "key": self._key}
        fingerprint = hashlib.sha256(msgspec.json.encode(wanted)).digest()
        if await self._take(transaction, whose, fingerprint):
            answer = encode_json(await make())
            await transaction.execute(sa.update(keys).filter_by(**whose).values(answer=answer))
            return _raw(answer, 201)
        first = (await transaction.execute(sa.select(keys).filter_by(**whose))).one()
        if first.fingerprint != fingerprint:
            raise KeyReused
        return _raw(first.answer, 200)

    async def _take(self, transaction: AsyncConnection, whose: dict[str, str], fingerprint: bytes) -> bool:
        """Whether the key is new, or so old that it means nothing any more."""
        fresh = {"fingerprint": fingerprint, "answer": None, "at": now()}
        taken = await transaction.execute(
            insert(keys)
            .values(**whose, **fresh)
            .on_conflict_do_update(constraint=keys.primary_key, set_=fresh, where=keys.c.at < now() - self._kept)
            .returning(keys.c.key)
        )
        return taken.one_or_none() is not None


def _raw(answer: bytes, status: int) -> Response[Any]:
    return Response(cast("Any", answer), status_code=status, media_type=MediaType.JSON)


def once(*, kept_days: int) -> Callable[..., Once]:
    """The dependency that gives a creating handler its `once`; such handlers document the header."""
    kept = timedelta(days=kept_days)

    def provide(
        request: Request[Any, Any, Any],
        idempotency_key: Annotated[
            str | None,
            HeaderParameter(
                name=HEADER,
                description=f"Any text of yours, for {kept_days} days: a repeat is answered 200 with the first answer",
                schema_extra={"minLength": 1, "maxLength": KEY_CHARS_MAX},
            ),
        ] = None,
    ) -> Once:
        return Once(f"{request.method} {request.scope['path']}", idempotency_key, kept=kept)

    return provide


async def forget(connection: AsyncConnection, *, kept_days: int, limit: int) -> int:
    """Delete up to `limit` keys that mean nothing any more; gives how many."""
    values = {"before": now() - timedelta(days=kept_days), "limit": limit}
    return (await connection.execute(_FORGET, values)).rowcount

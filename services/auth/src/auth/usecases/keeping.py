"""What auth does by itself: make ready on start, then keep keys fresh and forget what is over."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from auth import store
from auth.usecases import accounts, keys
from auth.usecases.tools import Begin, Tools
from streams import ending

log = structlog.get_logger()

AWAY: Final = (DBAPIError, PoolTimeout, OSError)
READ_KEYS_SECONDS: Final = 2.0
ROUNDS_BETWEEN_TIDYING: Final = 30


async def prepare(begin: Begin, tools: Tools) -> None:
    """Unlock the vault and have a key that signs."""
    async with begin() as transaction:
        await tools.vault.unlock(transaction)
        await keys.ensure_key(transaction, tools.vault, settings=tools.settings, at=tools.clock())
        await tools.ring.read(transaction, tools.vault, at=tools.clock())


async def keep(begin: Begin, tools: Tools) -> None:
    """Until cancelled. While the database is away, the keys last read stay in use."""
    rounds = 0
    while True:
        ending.heed()
        await asyncio.sleep(READ_KEYS_SECONDS)
        rounds += 1
        try:
            async with begin() as transaction:
                await tools.ring.read(transaction, tools.vault, at=tools.clock())
            if rounds % ROUNDS_BETWEEN_TIDYING == 0:
                await tidy(begin, tools)
        except AWAY as error:
            log.warning("keeping.paused", error=repr(error)[:300])


async def tidy(begin: Begin, tools: Tools) -> None:
    """Rotate keys that are due; forget what is over, accounts whose days of grace are over among it."""
    at = tools.clock()
    async with begin() as transaction:
        await keys.ensure_key(transaction, tools.vault, settings=tools.settings, at=at)
        await store.sessions.forget(transaction, ended_before=at - timedelta(days=1))
        await store.services.forget(transaction, before=at)
        await store.mails.forget(transaction, before=at)
        await store.proofs.forget(transaction, before=at)
        await store.security.forget(transaction, before=at - timedelta(days=tools.settings.security_log_days))
        await accounts.forget_deleted(transaction, tools=tools)

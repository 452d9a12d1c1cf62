"""What auth does by itself: make ready on start, then keep keys fresh and forget what is over."""

from datetime import timedelta
from typing import Final

from auth import store
from auth.usecases import accounts, keys
from auth.usecases.tools import Begin, Tools
from chassis.background import Worker, every

READ_KEYS_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 60.0


async def prepare(begin: Begin, tools: Tools) -> None:
    """Unlock the vault and have a key that signs."""
    async with begin() as transaction:
        await tools.vault.unlock(transaction)
        await keys.ensure_key(transaction, tools.vault, settings=tools.settings, at=tools.clock())
        await tools.ring.read(transaction, tools.vault, at=tools.clock())


def workers(begin: Begin, tools: Tools) -> list[Worker]:
    """While the database is away, the keys last read stay in use."""

    async def read_keys() -> None:
        async with begin() as transaction:
            await tools.ring.read(transaction, tools.vault, at=tools.clock())

    async def sweep() -> None:
        await tidy(begin, tools)

    return [
        Worker("keys", read_keys, wait=every(READ_KEYS_SECONDS)),
        Worker("sweep", sweep, wait=every(SWEEP_SECONDS)),
    ]


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

"""What operators do from the command line: rotate keys, make the first administrator."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from auth.settings import Settings
from auth.store.vault import Vault
from auth.usecases import admin, keys
from chassis import database
from contracts.problems import Problem
from contracts.times import now, rfc3339


async def rotate_keys(settings: Settings, _: list[str]) -> None:
    """Put a new signing key beside the present one; it takes over once every verifier has it."""
    vault = Vault(settings.master_key, before=settings.master_key_before)
    async with _transaction(settings) as transaction:
        await vault.unlock(transaction)
        key = await keys.rotate_keys(transaction, vault, settings=settings, at=now())
    sys.stdout.write(f"{key.id} signs from {rfc3339(key.active_from)} on\n")


async def make_admin(settings: Settings, arguments: list[str]) -> None:
    """`make-admin EMAIL`: somebody who is registered administrates the instance; only for the first one."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m auth make-admin EMAIL\n")
        sys.exit(2)
    try:
        async with _transaction(settings) as transaction:
            user = await admin.make_first_admin(transaction, email=arguments[0])
    except Problem as problem:
        sys.stderr.write(f"{problem.detail or problem.title}\n")
        sys.exit(1)
    sys.stdout.write(f"{user.display_name} administrates this server now\n")


@asynccontextmanager
async def _transaction(settings: Settings) -> AsyncGenerator[AsyncConnection]:
    engine = database.connect(settings.database_url, schema="auth", connections_max=1)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()

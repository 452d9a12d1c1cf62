"""What the tables hold encrypted, and the data key it goes by: itself kept here only sealed under the master key."""

import os
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.store.tables import secrets, signing_keys
from chassis.database import advisory_lock
from chassis.settings import Secret

log = structlog.get_logger()

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
DATA_KEY: Final = "data_key"
FORMER_KEY: Final = "master_key"
"""The row in which earlier releases kept the key itself."""


class CannotOpen(Exception):
    """This was stored under another key."""


class Vault:
    """AES-256-GCM under keys derived from the data key, one for each purpose. Closed until it is unlocked.

    The master key opens nothing but the data key, so that it can be changed and nothing else be encrypted anew.
    """

    def __init__(self, master_key: Secret, *, before: Secret) -> None:
        self._master_key = master_key
        self._before = before
        self._data_key = b""
        self._derived: dict[str, bytes] = {}

    async def unlock(self, transaction: AsyncConnection) -> None:
        """Open the data key, made on first start. One that only the key before opens is sealed anew."""
        await advisory_lock(transaction, f"auth.{DATA_KEY}")
        sealed = await _kept(transaction, DATA_KEY)
        if sealed is None:
            self._data_key = await self._first_data_key(transaction)
        else:
            try:
                self._data_key = _decrypt(sealed, key=_sealing(self._master_key), purpose=DATA_KEY)
            except CannotOpen:
                self._data_key = self._opened_by_key_before(sealed)
            else:
                return
        resealed = _encrypt(self._data_key, key=_sealing(self._master_key), purpose=DATA_KEY)
        keeping = insert(secrets).values(name=DATA_KEY, value=resealed)
        await transaction.execute(keeping.on_conflict_do_update(index_elements=["name"], set_={"value": resealed}))
        log.info("data_key.sealed")

    def derive(self, purpose: str) -> bytes:
        """The key for one purpose."""
        if not self._data_key:
            raise CannotOpen("the vault was not unlocked")
        if purpose not in self._derived:
            self._derived[purpose] = _derived(self._data_key, purpose)
        return self._derived[purpose]

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        return _encrypt(plain, key=self.derive(purpose), purpose=purpose)

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        return _decrypt(sealed, key=self.derive(purpose), purpose=purpose)

    async def _first_data_key(self, transaction: AsyncConnection) -> bytes:
        """What earlier releases encrypted by: a key in the database, which must not stay there, or the one given."""
        former = await _kept(transaction, FORMER_KEY)
        if former is not None:
            await transaction.execute(delete(secrets).where(secrets.c.name == FORMER_KEY))
            return former
        if await transaction.scalar(select(signing_keys.c.id).limit(1)) is not None:
            return (self._before.reveal() or self._master_key.reveal()).encode()
        return os.urandom(KEY_BYTES)

    def _opened_by_key_before(self, sealed: bytes) -> bytes:
        try:
            return _decrypt(sealed, key=_sealing(self._before), purpose=DATA_KEY)
        except CannotOpen:
            raise CannotOpen(
                "this database belongs to another AUTH_MASTER_KEY: give that one, or, to change it, give the old one "
                "as AUTH_MASTER_KEY_BEFORE"
            ) from None


async def _kept(transaction: AsyncConnection, name: str) -> bytes | None:
    return await transaction.scalar(select(secrets.c.value).where(secrets.c.name == name))


def _sealing(master_key: Secret) -> bytes:
    return _derived(master_key.reveal().encode(), "data-key")


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=KEY_BYTES, salt=None, info=f"guildhall.auth.{purpose}".encode()).derive(key)


def _encrypt(plain: bytes, *, key: bytes, purpose: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def _decrypt(sealed: bytes, *, key: bytes, purpose: str) -> bytes:
    nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, encrypted, purpose.encode())
    except InvalidTag:
        raise CannotOpen(f"what was stored for {purpose} is not readable with this key") from None

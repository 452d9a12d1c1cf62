"""What the tables hold encrypted, and the keys that are derived from the one master key."""

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.store import tables
from chassis.settings import Secret

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class CannotOpen(Exception):
    """The master key is not the one by which this was stored."""


class Vault:
    """AES-256-GCM under keys derived from the master key, one for each purpose. Closed until it is unlocked."""

    def __init__(self, given: Secret) -> None:
        self._master_key = given.reveal().encode()
        self._derived: dict[str, bytes] = {}

    async def unlock(self, transaction: AsyncConnection) -> None:
        """Without a configured master key: use the one in the database, made on first start."""
        if not self._master_key:
            fresh = base64.b64encode(os.urandom(KEY_BYTES))
            making = insert(tables.secrets).values(name="master_key", value=fresh).on_conflict_do_nothing()
            await transaction.execute(making)
            reading = select(tables.secrets.c.value).where(tables.secrets.c.name == "master_key")
            self._master_key = (await transaction.execute(reading)).scalar_one()

    def derive(self, purpose: str) -> bytes:
        """The key for one purpose."""
        if not self._master_key:
            raise CannotOpen("the vault was not unlocked")
        if purpose not in self._derived:
            info = f"guildhall.auth.{purpose}".encode()
            key = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master_key)
            self._derived[purpose] = key
        return self._derived[purpose]

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.derive(purpose)).decrypt(nonce, encrypted, purpose.encode())
        except InvalidTag:
            raise CannotOpen(f"what was stored for {purpose} is not readable with this master key") from None

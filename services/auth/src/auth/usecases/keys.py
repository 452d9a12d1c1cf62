"""Signing keys: made on first start, replaced on schedule or by command, published before and after they sign."""

from datetime import datetime, timedelta

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.tokens import SigningKey
from auth.settings import Settings
from auth.store.vault import Vault
from chassis.database import advisory_lock
from contracts.ids import new_id
from contracts.tokens import LEEWAY_SECONDS, Jwk

log = structlog.get_logger()


class KeyRing:
    """The published keys as read some seconds ago. Every copy of auth has one and reads it anew all the time."""

    def __init__(self) -> None:
        self._keys: list[SigningKey] = []

    async def read(self, transaction: AsyncConnection, vault: Vault, *, at: datetime) -> None:
        self._keys = await store.keys.published(transaction, vault, at=at)

    def signing(self, at: datetime) -> SigningKey:
        """The key that signs at this moment: a repeated request is signed by the key that signed the first."""
        return [key for key in self._keys if key.active_from <= at][-1]

    async def jwks(self) -> list[Jwk]:
        return [key.public_jwk() for key in self._keys]


async def ensure_key(transaction: AsyncConnection, vault: Vault, *, settings: Settings, at: datetime) -> None:
    """Make the first key, or the next when the newest has done its days. Copies of auth take turns."""
    await advisory_lock(transaction, "auth.signing_keys")
    keys = await store.keys.published(transaction, vault, at=at)
    if not keys:
        await store.keys.add(transaction, vault, _new_key(active_from=at))
    elif keys[-1].active_from + timedelta(days=settings.key_days) <= at:
        await rotate_keys(transaction, vault, settings=settings, at=at)
    await store.keys.forget(transaction, at=at)


async def rotate_keys(transaction: AsyncConnection, vault: Vault, *, settings: Settings, at: datetime) -> SigningKey:
    """A new key signs once every verifier has had time to fetch it; the old stay until their last token has expired."""
    key = _new_key(active_from=at + timedelta(seconds=settings.key_publish_seconds))
    last_token = key.active_from + timedelta(seconds=settings.access_seconds + 2 * LEEWAY_SECONDS)
    await store.keys.add(transaction, vault, key)
    await store.keys.end_others(transaction, than=key, at=last_token)
    log.info("signing_key.added", key=key.id, active_from=key.active_from.isoformat())
    return key


def _new_key(*, active_from: datetime) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(id=str(new_id()), private_pem=pem, active_from=active_from)

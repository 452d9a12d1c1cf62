"""The master key: it lies nowhere in the database, can be changed, and takes over what earlier releases encrypted."""

import os

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text

from auth.settings import Settings
from auth.store.vault import CannotOpen
from chassis.database import connect
from chassis.settings import Secret, SettingsError, load

from .conftest import DEFAULTS, FreshDatabase, StartAuth
from .people import opened
from .test_factors import with_totp
from .test_sessions import refreshed
from .test_tokens import key_ids, own_pem

OLD: Secret = DEFAULTS["master_key"]
NEW = Secret("another master key, from elsewhere")


def cipher(key: bytes, purpose: str) -> AESGCM:
    """As releases before this one encrypted: under a key derived from the master key itself."""
    info = f"guildhall.auth.{purpose}".encode()
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=info).derive(key))


def sealed_formerly(plain: bytes, *, key: bytes, purpose: str) -> bytes:
    nonce = bytes(12)
    return nonce + cipher(key, purpose).encrypt(nonce, plain, purpose.encode())


async def leave_signing_key(database: Secret, *, key: bytes, kept: bool) -> None:
    """What an earlier release left behind: a signing key, and the master key beside it unless that was given."""
    sealed = sealed_formerly(own_pem(), key=key, purpose="signing-keys")
    engine = connect(database, schema="auth", connections_max=1)
    async with engine.begin() as connection:
        values = {"pem": sealed, "key": key}
        await connection.execute(text("insert into signing_keys values ('first', :pem, '2026-01-01')"), values)
        if kept:
            await connection.execute(text("insert into secrets values ('master_key', :key)"), values)
    await engine.dispose()


class TestWhoHasTheDatabaseAlone:
    async def test_finds_no_key_in_it_that_opens_anything(self, start_auth: StartAuth) -> None:
        auth = await start_auth()
        found = [bytes(row["value"]) for row in await auth.rows("select value from secrets")]
        stolen = (await auth.rows("select private_pem from signing_keys"))[0]["private_pem"]

        assert found
        for key in found:
            with pytest.raises(InvalidTag):
                cipher(key, "signing-keys").decrypt(stolen[:12], stolen[12:], b"signing-keys")


class TestTheMasterKey:
    @pytest.mark.parametrize("given", [{}, {"AUTH_MASTER_KEY": "short"}])
    def test_is_needed_and_one_is_told_how_to_make_it(self, given: dict[str, str]) -> None:
        environ = {"AUTH_PORT": "1", "DATABASE_URL": "postgresql://h/d", "REDIS_URL": "redis://h"} | given

        with pytest.raises(SettingsError, match=r"AUTH_MASTER_KEY: 32 .* `openssl rand -base64 32`"):
            load(Settings, environ, service="auth")

    async def test_can_be_changed_and_nobody_notices(self, start_auth: StartAuth) -> None:
        before = await start_auth(master_key=OLD)
        ann = await before.person()
        app, codes = await with_totp(before, ann)
        database = before.settings.database_url

        between = await start_auth(database_url=database, master_key=NEW, master_key_before=OLD)
        after = await start_auth(database_url=database, master_key=NEW)

        assert (await between.ask("GET", "/me", token=ann.access_token)).status_code == 200
        assert (await refreshed(after, ann.refresh_token)).status_code == 200
        assert (await after.try_login(proof={"totp": app.at(after.clock())})).status_code == 200
        assert (await after.try_login(proof={"recovery_code": codes[0]})).status_code == 200

    async def test_does_not_open_any_more_once_it_was_changed(self, start_auth: StartAuth) -> None:
        auth = await start_auth(master_key=OLD)
        database = auth.settings.database_url
        await start_auth(database_url=database, master_key=NEW, master_key_before=OLD)

        with pytest.raises(CannotOpen, match="AUTH_MASTER_KEY_BEFORE"):
            await opened(auth.settings)

    async def test_of_another_database_is_refused(self, start_auth: StartAuth) -> None:
        auth = await start_auth()
        other = msgspec.structs.replace(auth.settings, master_key=NEW)

        with pytest.raises(CannotOpen, match="AUTH_MASTER_KEY_BEFORE"):
            await opened(other)


class TestWhatEarlierReleasesEncrypted:
    async def test_is_read_on_and_the_key_beside_it_is_gone(
        self, start_auth: StartAuth, fresh_database: FreshDatabase
    ) -> None:
        database, key = await fresh_database("auth"), os.urandom(32)
        await leave_signing_key(database, key=key, kept=True)

        auth = await start_auth(database_url=database)
        again = await start_auth(database_url=database)

        assert "first" in await key_ids(auth)
        assert "first" in await key_ids(again)
        assert key not in [bytes(row["value"]) for row in await auth.rows("select value from secrets")]

    @pytest.mark.parametrize("given", [{"master_key": OLD}, {"master_key": NEW, "master_key_before": OLD}])
    async def test_is_read_on_under_a_key_that_was_given(
        self, start_auth: StartAuth, fresh_database: FreshDatabase, given: dict[str, Secret]
    ) -> None:
        database = await fresh_database("auth")
        await leave_signing_key(database, key=OLD.reveal().encode(), kept=False)

        auth = await start_auth(database_url=database, **given)

        assert "first" in await key_ids(auth)
        assert (await auth.person()).access_token

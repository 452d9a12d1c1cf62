"""Access tokens: forged ones, foreign ones, and the rotation of the keys that sign them."""

import asyncio
import base64
import json
import time
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

from auth.commands import rotate_keys
from auth.domain.tokens import SigningKey, service_claims, sign, user_claims
from auth.settings import Settings
from chassis.settings import SettingsError, load
from contracts.ids import SessionId, UserId
from contracts.times import now
from contracts.tokens import REVOKED_SECONDS

from .conftest import StartAuth
from .people import Auth, Tokens


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def own_pem() -> bytes:
    private = ec.generate_private_key(ec.SECP256R1())
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return jwt.get_unverified_header(token), jwt.get_unverified_claims(token)


async def refused(auth: Auth, token: str) -> str:
    answer = await auth.ask("GET", "/me", token=token)
    assert answer.status_code == 401, answer.text
    return answer.json()["code"]


class TestForgedTokens:
    async def test_asvs_9_1_2_without_a_signature(self, auth: Auth) -> None:
        header, claims = parts((await auth.person()).access_token)

        for name in ("none", "None", "NONE"):
            assert await refused(auth, f"{b64(header | {'alg': name})}.{b64(claims)}.") == "unauthenticated"

    async def test_asvs_9_1_2_with_the_public_key_as_a_shared_secret(self, auth: Auth) -> None:
        header, claims = parts((await auth.person()).access_token)
        public = (await auth.ask("GET", "/.well-known/jwks.json")).json()["keys"][0]

        forged = jwt.encode(claims, json.dumps(public), algorithm="HS256", headers={"kid": header["kid"]})

        assert await refused(auth, forged) == "unauthenticated"

    @pytest.mark.parametrize("key_id", ["../../etc/passwd", "/dev/null", "' or 1=1 --", "", "nobody's"])
    async def test_asvs_9_1_3_with_tricks_in_the_key_id(self, auth: Auth, key_id: str) -> None:
        _, claims = parts((await auth.person()).access_token)
        key = SigningKey(id=key_id, private_pem=own_pem(), active_from=now())

        assert await refused(auth, sign(claims, key)) == "unauthenticated"

    async def test_asvs_9_1_1_with_a_foreign_key_under_our_name(self, auth: Auth) -> None:
        header, claims = parts((await auth.person()).access_token)
        key = SigningKey(id=header["kid"], private_pem=own_pem(), active_from=now())

        assert await refused(auth, sign(claims, key)) == "unauthenticated"

    async def test_asvs_9_1_1_with_other_claims_under_a_true_signature(self, auth: Auth) -> None:
        token = (await auth.person()).access_token
        header, claims = parts(token)

        forged = f"{b64(header)}.{b64(claims | {'name': 'Eve'})}.{token.rpartition('.')[2]}"

        assert await refused(auth, forged) == "unauthenticated"

    @pytest.mark.parametrize("audience", ["messaging", "auth", "", None, ["messaging", "media"]])
    async def test_asvs_9_2_3_truly_signed_but_not_for_us(self, auth: Auth, audience: Any) -> None:
        ann = await auth.person()

        assert await refused(auth, await truly_signed(auth, ann, {"aud": audience})) == "unauthenticated"

    @pytest.mark.parametrize(
        ("span", "code"),
        [
            ({"exp": int(time.time()) - 60}, "token_expired"),
            ({"nbf": int(time.time()) + 86_400}, "unauthenticated"),
            ({"exp": None}, "unauthenticated"),
        ],
    )
    async def test_asvs_9_2_1_truly_signed_but_not_for_now(self, auth: Auth, span: dict[str, Any], code: str) -> None:
        ann = await auth.person()

        assert await refused(auth, await truly_signed(auth, ann, span)) == code

    @pytest.mark.parametrize(
        "changes", [{"iss": "https://evil.example"}, {"iss": None}, {"sub": "service:auth"}, {"sid": "nonsense"}]
    )
    async def test_truly_signed_but_not_by_us_or_for_nobody(self, auth: Auth, changes: dict[str, Any]) -> None:
        ann = await auth.person()

        assert await refused(auth, await truly_signed(auth, ann, changes)) == "unauthenticated"

    async def test_asvs_9_2_2_another_kind_of_token_is_no_access_token(self, auth: Auth) -> None:
        ann = await auth.person()
        key = await signing_key(auth)
        service = sign(service_claims(service="messaging", audience="auth", issued_at=now(), seconds=60), key)

        assert await refused(auth, service) == "unauthenticated"
        assert await refused(auth, ann.refresh_token) == "unauthenticated"
        assert (await auth.ask("GET", "/internal/log?topic=account:x", token=ann.access_token)).status_code == 401


class TestHowLongTokensLive:
    def test_asvs_7_4_1_never_longer_than_everybody_remembers_that_a_session_ended(self) -> None:
        """Else an ended session's token would be taken again, once its end is forgotten."""
        environ = {"AUTH_PORT": "1", "DATABASE_URL": "postgresql://h/d", "REDIS_URL": "redis://h"}
        environ |= {"AUTH_MASTER_KEY": "k" * 32, "AUTH_ACCESS_SECONDS": str(REVOKED_SECONDS)}

        with pytest.raises(SettingsError, match="AUTH_ACCESS_SECONDS"):
            load(Settings, environ, service="auth")


class TestRotatingKeys:
    async def test_no_token_is_refused_meanwhile(self, start_auth: StartAuth) -> None:
        auth = await start_auth(key_publish_seconds=1, access_seconds=3)
        ann = await auth.person()
        signed_by: set[str] = set()
        answers: list[int] = []
        await rotate_keys(auth.settings, [])

        async with asyncio.timeout(30):
            while len(signed_by) < 2:
                auth.clock.set(now())
                token = (await auth.ask("POST", "/refresh", {"refresh_token": ann.refresh_token})).json()
                ann = Tokens(token["access_token"], token["refresh_token"], token["session_id"], token["user"])
                signed_by.add(parts(ann.access_token)[0]["kid"])
                answers.append((await auth.ask("GET", "/me", token=ann.access_token)).status_code)

        assert set(answers) == {200}

    async def test_old_keys_are_forgotten_after_their_last_token(self, start_auth: StartAuth) -> None:
        auth = await start_auth()
        first = await key_ids(auth)
        await rotate_keys(auth.settings, [])
        rows = await auth.rows("select id, ends_at from signing_keys order by active_from")

        assert [row["id"] for row in rows][:1] == first
        lifetime = auth.settings.key_publish_seconds + auth.settings.access_seconds
        assert (rows[0]["ends_at"] - now()).total_seconds() > lifetime - 5
        assert rows[1]["ends_at"] is None

    async def test_private_keys_are_not_readable_in_the_database(self, auth: Auth) -> None:
        stored = await auth.rows("select private_pem from signing_keys")

        assert b"PRIVATE KEY" not in stored[0]["private_pem"]


async def key_ids(auth: Auth) -> list[str]:
    return [key["kid"] for key in (await auth.ask("GET", "/.well-known/jwks.json")).json()["keys"]]


async def signing_key(auth: Auth) -> SigningKey:
    """Auth's own key, as only auth has it: what it signs is truly signed."""
    key_id = (await key_ids(auth))[0]
    return SigningKey(id=key_id, private_pem=await auth.private_pem(key_id), active_from=now())


async def truly_signed(auth: Auth, who: Tokens, changes: dict[str, Any]) -> str:
    user_id, session_id = UserId(UUID(who.user["id"])), SessionId(UUID(who.session_id))
    claims = user_claims(user_id=user_id, session_id=session_id, name="Ann", issued_at=now(), seconds=60)
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return sign(kept, await signing_key(auth))

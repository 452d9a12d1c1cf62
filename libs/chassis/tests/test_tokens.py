"""Tokens, from the attacker's side: whatever is not exactly right is refused."""

import base64
import json
import time
from typing import Any

import msgspec
import pytest
from jose import jwt

from chassis.jwt import public_jwk
from chassis.tokens import Caller, KeySet, RevokedSessions, Verifier
from contracts.auth import SessionRevoked
from contracts.events import Envelope
from contracts.ids import new_id
from contracts.problems import Problem, SessionEnded, TokenExpired, Unauthenticated
from contracts.times import now
from contracts.tokens import Jwk
from testkit.tokens import private_key

KEY, OTHER_KEY = private_key(), private_key()
PUBLISHED = [public_jwk("k1", KEY)]


class Auth:
    """Publishes keys and counts how often it is asked."""

    def __init__(self) -> None:
        self.keys: list[Jwk] = list(PUBLISHED)
        self.asked = 0

    async def __call__(self) -> list[Jwk]:
        self.asked += 1
        return self.keys


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def revoked() -> RevokedSessions:
    return RevokedSessions()


@pytest.fixture
def verifier(auth: Auth, revoked: RevokedSessions) -> Verifier:
    return Verifier(KeySet(auth, refetch_seconds_min=0), service="messaging", revoked=revoked)


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": "guildhall", "aud": "guildhall", "sub": str(new_id()), "sid": str(new_id()), "name": "Ann"}
    return {**good, "iat": now, "exp": now + 600, **other}


def signed(body: dict[str, Any], *, key: str = KEY, kid: str = "k1") -> str:
    return jwt.encode(body, key, algorithm="ES256", headers={"kid": kid})


def forged(header: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(body).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def session_revoked(caller: Caller) -> Envelope:
    event = SessionRevoked(user_id=caller.user_id, session_id=caller.session_id, at=now())
    data = msgspec.Raw(msgspec.json.encode(event))
    return Envelope(id=new_id(), type=event.TYPE, topic=f"account:{caller.user_id}", seq=1, at=now(), data=data)


class TestCaller:
    async def test_is_the_person_in_the_token(self, verifier: Verifier) -> None:
        body = claims()

        caller = await verifier.caller(signed(body))

        assert (str(caller.user_id), str(caller.session_id), caller.name) == (body["sub"], body["sid"], "Ann")

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "rubbish",
            "a.b.c",
            "é.é.é",
            forged({"alg": "none"}, claims()),
            forged({"alg": "None", "kid": "k1"}, claims()),
            forged({"alg": "ES256", "kid": "k1"}, claims(), b"x" * 64),
            jwt.encode(claims(), json.dumps(PUBLISHED[0]), algorithm="HS256", headers={"kid": "k1"}),
            signed(claims(), key=OTHER_KEY),
            signed(claims(), kid="../../etc/passwd"),
            signed(claims(aud="messaging")),
            signed(claims(iss="somebody")),
            signed(claims(nbf=int(time.time()) + 600)),
            signed(claims(sub="not-an-id")),
            signed({key: value for key, value in claims().items() if key != "sid"}),
            signed({key: value for key, value in claims().items() if key != "exp"}),
        ],
        ids=lambda token: token[:24],
    )
    async def test_is_refused_for_a_forged_or_foreign_token(self, verifier: Verifier, token: str) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.caller(token)

    async def test_is_refused_once_the_token_has_expired(self, verifier: Verifier) -> None:
        with pytest.raises(TokenExpired):
            await verifier.caller(signed(claims(exp=int(time.time()) - 60)))

    async def test_is_refused_once_the_session_is_revoked_although_the_token_was_known(
        self, verifier: Verifier, revoked: RevokedSessions
    ) -> None:
        token = signed(claims())
        caller = await verifier.caller(token)

        revoked.apply([session_revoked(caller)])

        with pytest.raises(SessionEnded):
            await verifier.caller(token)

    async def test_keeps_no_more_tokens_than_it_may(self, auth: Auth, revoked: RevokedSessions) -> None:
        verifier = Verifier(KeySet(auth), service="messaging", revoked=revoked, remembered_max=2)

        for _ in range(5):
            await verifier.caller(signed(claims()))

        assert len(verifier._remembered) == 2  # pyright: ignore[reportPrivateUsage]  what is kept shows nowhere else


class TestKnown:
    async def test_is_the_person_whose_token_was_verified_before(self, verifier: Verifier) -> None:
        token = signed(claims())

        before = verifier.known(token)
        caller = await verifier.caller(token)

        assert before is None
        assert verifier.known(token) == caller
        assert verifier.known(token[:-4] + "AAAA") is None

    async def test_is_nobody_once_the_token_has_expired(
        self, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = signed(claims())
        caller = await verifier.caller(token)

        monkeypatch.setattr(time, "time", lambda: caller.expires_at)

        assert verifier.known(token) is None

    async def test_is_nobody_once_the_session_is_revoked(self, verifier: Verifier, revoked: RevokedSessions) -> None:
        token = signed(claims())
        caller = await verifier.caller(token)

        revoked.apply([session_revoked(caller)])

        assert verifier.known(token) is None


class TestKeySet:
    async def test_finds_a_key_that_was_published_since(self, verifier: Verifier, auth: Auth) -> None:
        await verifier.caller(signed(claims()))
        auth.keys.append(public_jwk("k2", OTHER_KEY))

        await verifier.caller(signed(claims(), key=OTHER_KEY, kid="k2"))

        assert auth.asked == 2

    async def test_does_not_ask_for_every_unknown_key(self, auth: Auth, revoked: RevokedSessions) -> None:
        verifier = Verifier(KeySet(auth, refetch_seconds_min=60), service="messaging", revoked=revoked)

        for number in range(20):
            with pytest.raises(Problem):
                await verifier.caller(signed(claims(), key=OTHER_KEY, kid=f"unknown-{number}"))

        assert auth.asked == 1


class TestCallingService:
    async def test_is_named_by_a_token_meant_for_this_service(self, verifier: Verifier) -> None:
        token = signed(claims(sub="service:gateway", aud="messaging"))

        assert await verifier.calling_service(token) == "gateway"

    @pytest.mark.parametrize(
        "body",
        [claims(sub="service:gateway", aud="media"), claims(sub="service:gateway"), claims(aud="messaging")],
        ids=["meant for another", "meant for users", "a person's"],
    )
    async def test_is_refused_otherwise(self, verifier: Verifier, body: dict[str, Any]) -> None:
        with pytest.raises(Unauthenticated):
            await verifier.calling_service(signed(body))

"""Attacks on tokens (RFC 8725), against the library in use and against the one that could take its place."""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from typing import Any, Protocol, cast

import pytest

from chassis import jwt
from chassis.jwt import TOKEN_LENGTH_MAX, TokenRefused, TokenTooOld
from contracts.tokens import Jwk
from testkit.tokens import private_key

from . import by_joserfc

KEY, OTHER_KEY = private_key(), private_key()
PUBLIC = jwt.public_jwk("k1", KEY)
HEADER = {"alg": "ES256", "kid": "k1", "typ": "JWT"}


class Library(Protocol):
    """Makes and checks tokens."""

    def encode(self, claims: dict[str, Any], private_pem: str, *, key_id: str) -> str: ...
    def decode(self, token: str, key: Jwk, *, audience: str, issuer: str) -> dict[str, Any]: ...


@pytest.fixture(params=[jwt, by_joserfc], ids=["python-jose", "joserfc"])
def library(request: pytest.FixtureRequest) -> Library:
    return cast("Library", request.param)


def claims(**changed: Any) -> dict[str, Any]:
    at = int(time.time())
    good = {"iss": "guildhall", "aud": "guildhall", "sub": "ann", "iat": at, "exp": at + 60}
    return {name: value for name, value in (good | changed).items() if value is not None}


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts(header: Any, body: Any) -> str:
    return f"{text(json.dumps(header).encode())}.{text(json.dumps(body).encode())}"


def signed(header: Any, body: Any, key: str = KEY) -> str:
    """Truly signed, whatever the header says."""
    unsigned = parts(header, body)
    return f"{unsigned}.{text(jwt.signer(key)(unsigned.encode()))}"


def check(library: Library, token: str) -> dict[str, Any]:
    return library.decode(token, PUBLIC, audience="guildhall", issuer="guildhall")


class TestAToken:
    def test_that_is_right_gives_its_claims(self, library: Library) -> None:
        body = claims()

        assert check(library, library.encode(body, KEY, key_id="k1")) == body

    def test_of_one_library_is_read_by_the_other(self) -> None:
        body = claims()

        assert check(cast("Library", jwt), by_joserfc.encode(body, KEY, key_id="k1")) == body
        assert check(cast("Library", by_joserfc), jwt.encode(body, KEY, key_id="k1")) == body

    def test_that_has_expired_is_too_old(self, library: Library) -> None:
        with pytest.raises(TokenTooOld):
            check(library, signed(HEADER, claims(exp=int(time.time()) - 60)))


class TestAttacks:
    @pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "RS256", "ES384", "ES512", "EdDSA", ""])
    def test_another_algorithm(self, library: Library, algorithm: str) -> None:
        with pytest.raises(TokenRefused):
            check(library, signed({**HEADER, "alg": algorithm}, claims()))

    def test_no_signature(self, library: Library) -> None:
        for header in ({"alg": "none"}, HEADER):
            with pytest.raises(TokenRefused):
                check(library, parts(header, claims()) + ".")

    def test_the_public_key_as_a_shared_secret(self, library: Library) -> None:
        unsigned = parts({**HEADER, "alg": "HS256"}, claims())
        secret = json.dumps(PUBLIC).encode()
        token = f"{unsigned}.{text(hmac.digest(secret, unsigned.encode(), hashlib.sha256))}"

        with pytest.raises(TokenRefused):
            check(library, token)

    @pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01".rjust(32, b"\0")])
    def test_a_signature_of_nothing(self, library: Library, signature: bytes) -> None:
        with pytest.raises(TokenRefused):
            check(library, f"{parts(HEADER, claims())}.{text(signature)}")

    def test_a_signature_in_another_encoding(self, library: Library) -> None:
        good = signed(HEADER, claims())
        unsigned, _, signature = good.rpartition(".")
        for changed in (
            signature + "==",
            signature + "A",
            signature[:-1],
            f"{signature}.{signature}",
            signature + "\n",
        ):
            with pytest.raises(TokenRefused):
                check(library, f"{unsigned}.{changed}")

    def test_a_foreign_key(self, library: Library) -> None:
        with pytest.raises(TokenRefused):
            check(library, signed(HEADER, claims(), OTHER_KEY))

    def test_other_claims_under_a_true_signature(self, library: Library) -> None:
        signature = signed(HEADER, claims()).rpartition(".")[2]

        with pytest.raises(TokenRefused):
            check(library, f"{parts(HEADER, claims(sub='eve'))}.{signature}")

    @pytest.mark.parametrize(
        "more",
        [
            {"jku": "https://evil.example/jwks.json"}, {"jwk": jwt.public_jwk("k1", OTHER_KEY)},
            {"x5u": "https://evil.example/cert"}, {"x5c": ["AAAA"]}, {"crit": ["b64"], "b64": False}, {"crit": []},
            {"zip": "DEF"}, {"cty": "JWT"}, {"typ": "at+jwt"}, {"kid": ["k1"]}, {"kid": None}, {"kid": {"k1": 1}},
        ],
    )  # fmt: skip
    def test_a_header_that_asks_for_more(self, library: Library, more: dict[str, Any]) -> None:
        with pytest.raises(TokenRefused):
            check(library, signed({**HEADER, **more}, claims(), OTHER_KEY if "jwk" in more else KEY))

    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": None}, {"sub": None}, {"aud": None}, {"iss": None}, {"iss": "evil"}, {"aud": "media"},
            {"aud": ["guildhall"]}, {"aud": ["media", "guildhall"]}, {"aud": {"guildhall": 1}}, {"sub": 7},
            {"exp": "9999999999"}, {"exp": [9999999999]}, {"exp": True}, {"nbf": int(time.time()) + 3600},
            {"nbf": "soon"}, {"exp": 10**400},
        ],
    )  # fmt: skip
    def test_claims_that_are_not_quite_right(self, library: Library, changed: dict[str, Any]) -> None:
        with pytest.raises(TokenRefused):
            check(library, signed(HEADER, claims(**changed)))

    @pytest.mark.parametrize(
        "token",
        [
            "", ".", "..", "...", "a.b.c", "a.b", "\0", "ä.ö.ü", "x" * (TOKEN_LENGTH_MAX + 1),
            f"{text(b'[' * 900)}.{text(b'{}')}.{'A' * 86}", f"{text(b'null')}.{text(b'null')}.{'A' * 86}",
            f"{text(b'{}')}.{text(b'{}')}.{'A' * 86}.{'A' * 86}.{'A' * 86}",
        ],
    )  # fmt: skip
    def test_what_is_no_token(self, library: Library, token: str) -> None:
        with pytest.raises(TokenRefused):
            check(library, token)

    def test_a_body_that_is_no_object(self, library: Library) -> None:
        for body in cast("list[Any]", [[], "claims", 7, None]):
            with pytest.raises(TokenRefused):
                check(library, signed(HEADER, body))


class TestTheLibrary:
    async def test_leaves_ecdsa_alone(self) -> None:
        """Its signing leaks the key through time (CVE-2024-23342)."""
        program = "import sys, chassis.jwt; sys.exit('ecdsa' in sys.modules)"
        running = await asyncio.create_subprocess_exec(sys.executable, "-c", program)

        assert await running.wait() == 0

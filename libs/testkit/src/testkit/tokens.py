"""Access tokens as auth gives them, signed by a key of the tests' own."""

import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis import jwt
from contracts.ids import SessionId, UserId, new_id
from contracts.tokens import ISSUER, SERVICE_PREFIX, USERS_AUDIENCE, Jwk


def private_key() -> str:
    """A new key for ES256, in PEM: such as each service has, and auth signs with."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Signer:
    """Stands in for auth: gives tokens, and the public keys to check them (`fetch_keys`, for a `KeySet`)."""

    def __init__(self, key_id: str = "test") -> None:
        self._key_id = key_id
        self._pem = private_key()

    def jwks(self) -> list[Jwk]:
        """The keys, as `/.well-known/jwks.json` lists them."""
        return [jwt.public_jwk(self._key_id, self._pem)]

    async def fetch_keys(self) -> list[Jwk]:
        return self.jwks()

    def user_token(
        self,
        user_id: UserId | None = None,
        *,
        name: str = "Ann",
        session_id: SessionId | None = None,
        seconds: float = 600,
        **claims: Any,
    ) -> str:
        """A person's token; further `claims` replace what it would say."""
        subject = {"sub": str(user_id or new_id()), "sid": str(session_id or new_id()), "name": name}
        return self._sign(subject | {"aud": USERS_AUDIENCE} | claims, seconds=seconds)

    def service_token(self, service: str, *, audience: str, seconds: float = 300) -> str:
        """A token with which `service` may call the service named `audience`."""
        return self._sign({"sub": SERVICE_PREFIX + service, "aud": audience}, seconds=seconds)

    def _sign(self, claims: dict[str, Any], *, seconds: float) -> str:
        moment = int(time.time())
        all_claims = {"iss": ISSUER, "iat": moment, "exp": moment + int(seconds)} | claims
        return jwt.encode(all_claims, self._pem, key_id=self._key_id)

"""`python -m bench.token_cost`: what a service spends on an access token, the first time and every time after."""

import asyncio
import sys
import time
from typing import Final

from auth.domain.tokens import SigningKey, sign, user_claims
from chassis.tokens import KeySet, RevokedSessions, Verifier
from contracts.ids import SessionId, UserId, new_id
from contracts.times import now
from contracts.tokens import Jwk
from testkit.tokens import private_key

CALLS: Final = 100_000
NEW_TOKENS: Final = 500
LIMIT_MICROSECONDS: Final = 30.0


def new_key() -> SigningKey:
    return SigningKey(id="bench", private_pem=private_key().encode(), active_from=now())


def token_of(key: SigningKey) -> str:
    user_id, session_id = UserId(new_id()), SessionId(new_id())
    return sign(user_claims(user_id=user_id, session_id=session_id, name="Ann", issued_at=now(), seconds=600), key)


async def measure() -> bool:
    """Print both costs in CPU time; False if a known token costs too much."""
    key = new_key()

    async def keys() -> list[Jwk]:
        return [key.public_jwk()]

    verifier = Verifier(KeySet(keys), service="bench", revoked=RevokedSessions())
    tokens = [token_of(key) for _ in range(NEW_TOKENS)]

    started = time.process_time()
    for token in tokens:
        await verifier.caller(token)
    first = (time.process_time() - started) / NEW_TOKENS * 1e6

    started = time.process_time()
    for _ in range(CALLS):
        await verifier.caller(tokens[0])
    again = (time.process_time() - started) / CALLS * 1e6

    print(f"a new token: {first:.0f} us, a known one: {again:.2f} us (limit {LIMIT_MICROSECONDS:.0f} us), CPU time")
    return again < LIMIT_MICROSECONDS


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(measure()) else 1)

"""Second factors and passkeys: what proves who somebody is, and how often and how long each proof is good."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from pyotp.totp import TOTP

from auth.domain.refusals import Recorded
from contracts.ids import UserId
from contracts.problems import Kind, Problem

RECOVERY_CODES: Final = 10
RECOVERY_CODE_BYTES: Final = 10
PASSKEYS_MAX: Final = 20
STEP_SECONDS: Final = 30


class TotpNeeded(Recorded):
    code, kind, title = "totp_needed", Kind.UNAUTHENTICATED, "Enter the code from your authenticator app"
    advice = "Repeat the login with `totp`, or with one of the recovery codes as `recovery_code`."


class StepUpNeeded(Recorded):
    code, kind, title = "step_up_needed", Kind.FORBIDDEN, "Confirm your identity, then try again"
    advice = "Call `/step-up` or `/step-up/passkey`, then repeat the request with the new access token."


class TotpEnrolled(Problem):
    code, kind, title = "totp_enrolled", Kind.CONFLICT, "An authenticator app is already set up. Remove it first"


class TotpNotEnrolled(Problem):
    code, kind, title = "totp_not_enrolled", Kind.CONFLICT, "Start setting up an authenticator app first"


class PasskeyRefused(Recorded):
    code, kind, title = "passkey_refused", Kind.UNAUTHENTICATED, "The passkey was not accepted"
    advice = "Request new options and let the passkey answer them. Each challenge is valid once, for a few minutes."


class TooManyPasskeys(Problem):
    code, kind, title = "too_many_passkeys", Kind.CONFLICT, f"An account can have at most {PASSKEYS_MAX} passkeys"


class LastWayIn(Problem):
    code, kind, title = "last_way_in", Kind.CONFLICT, "This is your only way to sign in. Add another one first"


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """By what an account is protected beside its password, or entered without it."""

    totp: bool
    recovery_codes_left: int
    passkeys: int


class Totp(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticator app; in force once `confirmed_at` is set. `last_step` is the step of the last code used."""

    user_id: UserId
    secret: str
    confirmed_at: datetime | None = None
    last_step: int = 0


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A WebAuthn credential."""

    id: bytes
    user_id: UserId
    name: str
    public_key: bytes
    sign_count: int
    created_at: datetime
    last_used_at: datetime | None = None


def matching_step(totp: Totp, code: str, *, at: datetime, steps_back: int) -> int | None:
    """The time step whose code this is: not used before, and not older than `steps_back` steps (RFC 6238)."""
    generator = TOTP(totp.secret)
    current = int(at.timestamp()) // STEP_SECONDS
    for step in range(current, current - steps_back - 1, -1):
        fits = hmac.compare_digest(generator.generate_otp(step).encode(), code.replace(" ", "").encode())
        if fits and step > totp.last_step:
            return step
    return None


def provisioning_uri(totp: Totp, *, account: str) -> str:
    """What an authenticator app reads from a QR code."""
    return TOTP(totp.secret).provisioning_uri(name=account, issuer_name="Guildhall")


def recovery_code_of(random: bytes) -> str:
    """`abcd-efgh-ijkl-mnop`: 80 bits."""
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def recovery_hash(code: str, *, key: bytes) -> bytes:
    """Spaces, dashes and case do not matter."""
    return hmac.digest(key, "".join(code.lower().replace("-", "").split()).encode(), "sha256")


def is_fresh(confirmed_at: datetime, *, at: datetime, seconds: int) -> bool:
    return at < confirmed_at + timedelta(seconds=seconds)


def challenge_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def challenge_in(credential: dict[str, Any]) -> str:
    """The challenge that a browser says it answers (base64url, as WebAuthn's client data has it)."""
    try:
        encoded = credential["response"]["clientDataJSON"]
        client_data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        challenge: object = msgspec.json.decode(client_data)["challenge"]
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.DecodeError):
        raise PasskeyRefused from None
    if not isinstance(challenge, str):
        raise PasskeyRefused
    return challenge

"""Second factors: set them up, ask for them, take them."""

import os
from typing import Literal

import msgspec
import pyotp
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.mails import MailKind
from auth.domain.proofs import (
    RECOVERY_CODE_BYTES,
    RECOVERY_CODES,
    StepUpNeeded,
    Totp,
    TotpEnrolled,
    TotpNeeded,
    TotpNotEnrolled,
    is_fresh,
    matching_step,
    provisioning_uri,
    recovery_code_of,
    recovery_hash,
)
from auth.domain.refusals import WrongCredentials
from auth.domain.users import User
from auth.domain.visits import Visit
from auth.usecases import mailing, security
from auth.usecases.tools import Actor, Tools

Factor = Literal["", "totp", "recovery code"]


class SecondProof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody gave beside their password."""

    totp: str | None = None
    recovery_code: str | None = None


async def require_fresh(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    """Sensitive changes need a proof of the last minutes, and more than Discord's word where the account has a way of
    ours to prove it; raises `StepUpNeeded`."""
    session, user = actor.session, actor.user
    fresh = is_fresh(session.confirmed_at, at=tools.clock(), seconds=tools.settings.step_up_seconds)
    by_discord_alone = session.method == "discord"
    if by_discord_alone and (user.password_lets_in or await store.proofs.passkeys_of(transaction, user.id)):
        fresh = False
    if not fresh:
        await security.note(
            transaction, "step_up.asked", visit=visit, user_id=actor.user.id, session_id=session.id, outcome="refused"
        )
        raise StepUpNeeded


async def has_second_factor(transaction: AsyncConnection, *, tools: Tools, user: User) -> bool:
    """Whether a code is asked for at log-in, whatever the way in; a passkey is two factors by itself."""
    totp = await store.proofs.totp_of(transaction, tools.vault, user.id)
    return totp is not None and totp.confirmed_at is not None


async def check_second(transaction: AsyncConnection, *, tools: Tools, user: User, given: SecondProof) -> Factor:
    """What was proved, or nothing if the account asks for none. Raises `TotpNeeded` or `WrongCredentials`."""
    totp = await store.proofs.totp_of(transaction, tools.vault, user.id)
    if totp is None or totp.confirmed_at is None:
        return ""
    if given.totp:
        await _use_totp(transaction, totp, given.totp, tools=tools)
        return "totp"
    if given.recovery_code:
        code_hash = recovery_hash(given.recovery_code, key=tools.vault.derive("recovery-codes"))
        left = await store.proofs.use_recovery_code(transaction, user.id, code_hash=code_hash)
        if left is None:
            raise WrongCredentials
        await mailing.tell(transaction, MailKind.RECOVERY_CODE_USED, tools=tools, user=user, what=str(left))
        return "recovery code"
    raise TotpNeeded


async def enrol_totp(transaction: AsyncConnection, *, tools: Tools, actor: Actor) -> tuple[str, str]:
    """A new secret and its `otpauth://` address; in force once a code of it was shown."""
    await _take_turns(transaction, actor)
    known = await store.proofs.totp_of(transaction, tools.vault, actor.user.id)
    if known is not None and known.confirmed_at is not None:
        raise TotpEnrolled
    new = Totp(user_id=actor.user.id, secret=pyotp.random_base32())
    await store.proofs.save_totp(transaction, tools.vault, new)
    return new.secret, provisioning_uri(new, account=actor.user.email or actor.user.display_name)


async def confirm_totp(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, code: str
) -> list[str]:
    """The app works: from now on its codes are asked for. Gives recovery codes, to be shown once."""
    await _take_turns(transaction, actor)
    totp = await store.proofs.totp_of(transaction, tools.vault, actor.user.id)
    if totp is None or totp.confirmed_at is not None:
        raise TotpNotEnrolled
    try:
        await _use_totp(transaction, totp, code, tools=tools)
    except WrongCredentials:
        session_id = actor.session.id
        await security.note(
            transaction, "sign_in.totp_on", visit=visit, user_id=totp.user_id, session_id=session_id, outcome="refused"
        )
        raise
    confirmed = await store.proofs.totp_of(transaction, tools.vault, actor.user.id) or totp
    await store.proofs.save_totp(
        transaction, tools.vault, msgspec.structs.replace(confirmed, confirmed_at=tools.clock())
    )
    await _told(transaction, "totp_on", tools=tools, visit=visit, actor=actor)
    return await _new_recovery_codes(transaction, tools=tools, actor=actor)


async def disable_totp(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    if await store.proofs.totp_of(transaction, tools.vault, actor.user.id) is None:
        raise TotpNotEnrolled
    await store.proofs.remove_totp(transaction, actor.user.id)
    await _told(transaction, "totp_off", tools=tools, visit=visit, actor=actor)


async def renew_recovery_codes(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> list[str]:
    """The old ones stop working."""
    totp = await store.proofs.totp_of(transaction, tools.vault, actor.user.id)
    if totp is None or totp.confirmed_at is None:
        raise TotpNotEnrolled
    await _told(transaction, "recovery_codes", tools=tools, visit=visit, actor=actor)
    return await _new_recovery_codes(transaction, tools=tools, actor=actor)


async def _new_recovery_codes(transaction: AsyncConnection, *, tools: Tools, actor: Actor) -> list[str]:
    codes = [recovery_code_of(os.urandom(RECOVERY_CODE_BYTES)) for _ in range(RECOVERY_CODES)]
    key = tools.vault.derive("recovery-codes")
    hashes = [recovery_hash(code, key=key) for code in codes]
    await store.proofs.replace_recovery_codes(transaction, actor.user.id, hashes)
    return codes


async def _use_totp(transaction: AsyncConnection, totp: Totp, code: str, *, tools: Tools) -> None:
    step = matching_step(totp, code, at=tools.clock(), steps_back=tools.settings.totp_steps_back)
    if step is None or not await store.proofs.use_totp_step(transaction, totp.user_id, step=step):
        raise WrongCredentials


async def _take_turns(transaction: AsyncConnection, actor: Actor) -> None:
    """An app set up anew while another is being confirmed would take its place, and be in force for nobody."""
    await store.users.by_id(transaction, actor.user.id, lock=True)


async def _told(transaction: AsyncConnection, what: str, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    """Into the security log, and by mail: whoever it was not should know."""
    await security.note(transaction, f"sign_in.{what}", visit=visit, user_id=actor.user.id, session_id=actor.session.id)
    await mailing.tell(transaction, MailKind.SIGN_IN_CHANGED, tools=tools, user=actor.user, what=what)

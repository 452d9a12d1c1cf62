"""Discord: log in by it, link it, unlink it."""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.clients.discord import Grant
from auth.domain.identities import (
    DISCORD,
    AnotherDiscordAccount,
    DiscordNotConfigured,
    Identity,
    IdentityTaken,
    Journey,
    JourneyBroken,
    Mode,
    OutsidePerson,
    PendingLogin,
    authorize_url,
    safe_return,
)
from auth.domain.mails import MailKind
from auth.domain.proofs import LastWayIn, TotpNeeded
from auth.domain.refusals import WrongCredentials
from auth.domain.users import User, topic_of
from auth.domain.visits import Visit
from auth.usecases import accounts, mailing, proofs, security, sessions
from auth.usecases.tools import Actor, Tools
from chassis.database import advisory_lock
from contracts.auth import IdentityLinked, IdentityUnlinked
from contracts.ids import UserId, new_id
from contracts.problems import NotFound
from streams import outbox

PURPOSE: Final = "discord.journey"
SECOND_FACTOR: Final = "discord.second_factor"
CALLBACK: Final = "/api/v1/auth/discord/callback"


class SecondFactorNeeded(msgspec.Struct, frozen=True):
    """The account asks for a code, too; `browser` is what only this browser holds until it is shown."""

    browser: str


class Departure(msgspec.Struct, frozen=True):
    """Where the browser goes, and what it must bring back beside the address: `browser`, in a cookie."""

    url: str
    browser: str


async def depart(
    transaction: AsyncConnection,
    *,
    tools: Tools,
    mode: Mode,
    return_to: str,
    actor: Actor | None,
    provider_user_id: str = "",
) -> Departure:
    """Send somebody to Discord. The state in the address is worth nothing without this browser's cookie."""
    settings = tools.settings
    if not settings.discord_client_id:
        raise DiscordNotConfigured
    state, browser, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    journey = Journey(
        mode=mode,
        return_to=safe_return(return_to),
        verifier=verifier,
        browser=_hash(browser),
        user_id=actor.user.id if actor else None,
        session_id=actor.session.id if actor else None,
        provider_user_id=provider_user_id,
    )
    sealed = tools.vault.seal(msgspec.msgpack.encode(journey), purpose=PURPOSE)
    ends = tools.challenge_ends()
    await store.proofs.add_challenge(transaction, state, purpose=PURPOSE, data=sealed, expires_at=ends)
    url = authorize_url(
        settings.discord_url,
        client_id=settings.discord_client_id,
        callback=callback_url(tools),
        state=state,
        verifier=verifier,
    )
    return Departure(url, browser)


async def arrive(transaction: AsyncConnection, *, tools: Tools, state: str, browser: str) -> Journey:
    """The journey that this state and this browser began, used up by this; raises `JourneyBroken`."""
    sealed = await store.proofs.take_challenge(transaction, state, purpose=PURPOSE, at=tools.clock())
    if sealed is None:
        raise JourneyBroken
    journey = msgspec.msgpack.decode(tools.vault.open(sealed, purpose=PURPOSE), type=Journey)
    if not hmac.compare_digest(journey.browser, _hash(browser)):
        raise JourneyBroken
    return journey


async def refused(transaction: AsyncConnection, *, visit: Visit, journey: Journey, code: str) -> None:
    """The journey came to nothing; `code` is the problem's."""
    action = "identity.linked" if journey.mode == "link" else "session.opened"
    await security.note(
        transaction,
        action,
        visit=visit,
        user_id=journey.user_id,
        session_id=journey.session_id,
        outcome="refused",
        detail=f"discord: {code}",
    )


async def log_in(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, person: OutsidePerson, grant: Grant
) -> sessions.Entered | SecondFactorNeeded:
    """A session for the owner of this Discord account, once their second factor is shown, too; a person who is unknown
    here gets an account."""
    await _take_turns(transaction, person)
    owner = await store.identities.owner(transaction, DISCORD, person.id)
    user = owner and await store.users.by_id(transaction, owner, lock=True)
    if not user:
        user = await _newcomer(transaction, tools=tools, visit=visit, person=person)
        await _link(transaction, tools=tools, visit=visit, user=user, person=person, grant=grant)
    else:
        await store.identities.renew(transaction, tools.vault, _identity(user.id, person, grant, tools=tools))
        if await proofs.has_second_factor(transaction, tools=tools, user=user):
            return await _ask_second_factor(transaction, tools=tools, user=user)
    return await sessions.enter(transaction, tools=tools, visit=visit, user=user, method="discord")


async def _ask_second_factor(transaction: AsyncConnection, *, tools: Tools, user: User) -> SecondFactorNeeded:
    browser = secrets.token_urlsafe(32)
    sealed = tools.vault.seal(msgspec.msgpack.encode(PendingLogin(user_id=user.id)), purpose=SECOND_FACTOR)
    ends = tools.challenge_ends()
    await store.proofs.add_challenge(transaction, browser, purpose=SECOND_FACTOR, data=sealed, expires_at=ends)
    return SecondFactorNeeded(browser)


async def pending_login(transaction: AsyncConnection, *, tools: Tools, browser: str) -> PendingLogin:
    """The log-in by Discord that this browser has begun; raises `JourneyBroken`."""
    sealed = await store.proofs.find_challenge(transaction, browser, purpose=SECOND_FACTOR, at=tools.clock())
    if sealed is None:
        raise JourneyBroken
    return msgspec.msgpack.decode(tools.vault.open(sealed, purpose=SECOND_FACTOR), type=PendingLogin)


async def finish_log_in(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, browser: str, given: proofs.SecondProof
) -> sessions.Entered:
    """A session, if the code is right; a wrong one can be tried again until the log-in has expired. Raises
    `JourneyBroken`, `TotpNeeded` or `WrongCredentials`."""
    pending = await pending_login(transaction, tools=tools, browser=browser)
    user = await store.users.by_id(transaction, pending.user_id, lock=True)
    if user is None:
        raise JourneyBroken
    try:
        factor = await proofs.check_second(transaction, tools=tools, user=user, given=given)
    except (WrongCredentials, TotpNeeded):
        detail = "discord: second factor"
        await security.note(
            transaction, "session.opened", visit=visit, user_id=user.id, outcome="refused", detail=detail
        )
        raise
    if not await store.proofs.take_challenge(transaction, browser, purpose=SECOND_FACTOR, at=tools.clock()):
        raise JourneyBroken
    return await sessions.enter(
        transaction, tools=tools, visit=visit, user=user, method=f"discord and {factor}" if factor else "discord"
    )


async def link(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, journey: Journey, person: OutsidePerson, grant: Grant
) -> None:
    """The account that began the journey gets this Discord account, if nobody has it and it is the one meant."""
    actor = journey.session_id and await sessions.actor_of(transaction, tools=tools, session_id=journey.session_id)
    if not actor or actor.user.id != journey.user_id:
        raise JourneyBroken
    if journey.provider_user_id not in {"", person.id}:
        raise AnotherDiscordAccount
    await _take_turns(transaction, person)
    await store.users.by_id(transaction, actor.user.id, lock=True)
    owner = await store.identities.owner(transaction, DISCORD, person.id)
    if owner == actor.user.id:
        await store.identities.renew(transaction, tools.vault, _identity(actor.user.id, person, grant, tools=tools))
        return
    has_another = await store.identities.of_user(transaction, tools.vault, actor.user.id)
    if owner is not None or has_another:
        raise IdentityTaken
    await _link(transaction, tools=tools, visit=visit, user=actor.user, person=person, grant=grant)
    await mailing.tell(transaction, MailKind.SIGN_IN_CHANGED, tools=tools, user=actor.user, what="discord_linked")


async def unlink(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    """Refused if nothing else lets the user in."""
    user = await store.users.by_id(transaction, actor.user.id, lock=True) or actor.user
    linked = await store.identities.of_user(transaction, tools.vault, user.id)
    if not linked:
        raise NotFound
    if not user.password_lets_in and not await store.proofs.passkeys_of(transaction, user.id):
        raise LastWayIn
    gone = linked[0]
    await store.identities.remove(transaction, gone)
    event = IdentityUnlinked(
        user_id=user.id, provider=DISCORD, provider_user_id=gone.provider_user_id, at=tools.clock()
    )
    await outbox.publish(transaction, topic_of(user.id), event)
    await security.note(transaction, "identity.unlinked", visit=visit, user_id=user.id, session_id=actor.session.id)
    await mailing.tell(transaction, MailKind.SIGN_IN_CHANGED, tools=tools, user=user, what="discord_unlinked")


def callback_url(tools: Tools) -> str:
    return tools.settings.public_url.rstrip("/") + CALLBACK


async def _take_turns(transaction: AsyncConnection, person: OutsidePerson) -> None:
    """Who comes back from Discord twice at once finds the second time what the first has made."""
    await advisory_lock(transaction, f"auth.identity:{DISCORD}:{person.id}")


async def _newcomer(transaction: AsyncConnection, *, tools: Tools, visit: Visit, person: OutsidePerson) -> User:
    accounts.require_registration(tools)
    user = User(
        id=UserId(new_id()),
        display_name="".join(c for c in person.name if c.isprintable())[:64].strip() or "Somebody",
        language=visit.language,
        created_at=tools.clock(),
    )
    await store.users.add(transaction, user, email_key=None)
    await security.note(transaction, "account.registered", visit=visit, user_id=user.id, detail="discord")
    return user


async def _link(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User, person: OutsidePerson, grant: Grant
) -> None:
    await store.identities.add(transaction, tools.vault, _identity(user.id, person, grant, tools=tools))
    event = IdentityLinked(user_id=user.id, provider=DISCORD, provider_user_id=person.id, at=tools.clock())
    await outbox.publish(transaction, topic_of(user.id), event)
    await security.note(transaction, "identity.linked", visit=visit, user_id=user.id, detail=f"discord {person.id}")


def _identity(user_id: UserId, person: OutsidePerson, grant: Grant, *, tools: Tools) -> Identity:
    return Identity(
        provider=DISCORD,
        provider_user_id=person.id,
        user_id=user_id,
        username=person.username,
        tokens=grant.raw,
        linked_at=tools.clock(),
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

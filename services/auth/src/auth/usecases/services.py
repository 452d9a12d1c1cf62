"""What other services ask: a token for a call, and what followed in an account's log."""

from typing import Final, get_args
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.clients.postman import FolderPostman
from auth.domain.assertions import checked
from auth.domain.refusals import AssertionInvalid, NotActing
from auth.domain.tokens import service_claims, sign
from auth.domain.users import Language
from auth.domain.visits import Visit
from auth.usecases import passkeys, security
from auth.usecases.tools import Tools
from contracts.auth import ActingAsked, Profile, ServiceTokenGiven
from contracts.events import LogPage
from contracts.ids import UserId
from contracts.instance import AccountsInfo
from contracts.problems import NotFound
from contracts.tokens import Jwk
from streams import log as events

log = structlog.get_logger()

PAGE_MAX: Final = 1000


async def give_token(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, keys: dict[str, Jwk], assertion: str, audience: str
) -> ServiceTokenGiven:
    """A token for calls to `audience`, for a service that proves itself."""
    at = tools.clock()
    try:
        proof = checked(assertion, keys=keys, audience=audience, at=at)
        await store.services.redeem(transaction, proof)
    except AssertionInvalid as refusal:
        await security.note(
            transaction,
            "service.token_given",
            visit=visit,
            user_id=None,
            actor="service",
            outcome="refused",
            detail=refusal.detail,
        )
        raise
    service, network = proof.service, visit.network
    log.info("service_token.given", service=service, audience=audience, by="private_key_jwt", network=network)
    seconds = tools.settings.service_token_seconds
    claims = service_claims(service=service, audience=audience, issued_at=at, seconds=seconds)
    return ServiceTokenGiven(access_token=sign(claims, tools.ring.signing(at)), expires_in=seconds)


async def read_log(
    transaction: AsyncConnection, *, topic: str, after: int | None, limit: int, audience: bool
) -> LogPage:
    """What followed `after` in `account:<user id>`; only the owner may watch it."""
    user_id = _owner(topic)
    if await store.users.by_id(transaction, user_id) is None:
        raise NotFound
    if after is None:
        page = LogPage(topic=topic, seq=await events.head(transaction, topic))
    else:
        page = await events.read(transaction, topic, after=after, limit=min(limit, PAGE_MAX))
    return msgspec.structs.replace(page, audience=frozenset({user_id})) if audience else page


async def act_for(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, service: str, asked: ActingAsked
) -> Profile:
    """Who an outside person is here, for a service that is about to act for them. The user can read that it did."""
    actor = f"service:{asked.on_behalf_by or service}"
    if service not in {one.strip() for one in tools.settings.acting_services.split(",")}:
        await security.note(
            transaction, "service.acted", visit=visit, user_id=None, actor=f"service:{service}", outcome="refused"
        )
        raise NotActing
    owner = await store.identities.owner(transaction, asked.provider, asked.provider_user_id)
    user = owner and await store.users.by_id(transaction, owner)
    if not user or user.delete_at is not None:
        raise NotFound  # in the days of grace, too: only its owner's login brings an account back
    await security.note(transaction, "service.acted", visit=visit, user_id=user.id, actor=actor, detail=asked.action)
    return user.profile


def instance_of(tools: Tools) -> AccountsInfo:
    """What a page may say before anyone has signed in."""
    settings = tools.settings
    return AccountsInfo(
        registration=settings.registration,
        email_verification=settings.require_verified_email,
        discord_login=bool(settings.discord_client_id),
        passkey_domain=passkeys.domain_of(tools),
        languages=get_args(Language),
        password_length_min=settings.password_length_min,
        password_length_max=settings.password_length_max,
        development_mail="/dev/mail" if isinstance(tools.postman, FolderPostman) else None,
    )


def _owner(topic: str) -> UserId:
    kind, _, owner = topic.partition(":")
    try:
        if kind == "account":
            return UserId(UUID(owner))
    except ValueError:
        pass
    raise NotFound

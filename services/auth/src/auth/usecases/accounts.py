"""Accounts: register, confirm the address, show, change, delete."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.domain.identities import Identity
from auth.domain.mails import LinkInvalid, MailKind, Purpose
from auth.domain.passwords import check_new_password
from auth.domain.proofs import Factors
from auth.domain.refusals import RegistrationClosed
from auth.domain.security import Entry
from auth.domain.users import EmailTaken, User, checked_avatar, checked_name, email_key, topic_of
from auth.domain.visits import Visit
from auth.usecases import ending, mailing, security
from auth.usecases.tools import Actor, Begin, Tools
from contracts.auth import UserDeleted, UserRegistered, UserUpdated
from contracts.ids import UserId, new_id
from contracts.times import rfc3339
from streams import outbox

EXPORT_PAGE: Final = 500


def require_registration(tools: Tools) -> None:
    """Raises `RegistrationClosed` where no new accounts are made."""
    if tools.settings.registration == "closed":
        raise RegistrationClosed


def check_password(tools: Tools, password: str, *, about: list[str], pointer: str = "/password") -> None:
    """Raises `PasswordRefused`."""
    settings = tools.settings
    ours = ["guildhall", urlsplit(settings.public_url).hostname or ""]
    lengths = {"length_min": settings.password_length_min, "length_max": settings.password_length_max}
    check_new_password(password, about=[*about, *ours], pointer=pointer, **lengths)


async def register(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, email: str, password_hash: str, display_name: str
) -> None:
    """Make an account, or tell the owner of the address that there is one; the answer does not tell them apart."""
    key = email_key(email)
    user = User(
        id=UserId(new_id()),
        email=email.strip(),
        display_name=checked_name(display_name),
        password_hash=password_hash,
        language=visit.language,
        created_at=tools.clock(),
    )
    if await store.users.add(transaction, user, email_key=key):
        await security.note(transaction, "account.registered", visit=visit, user_id=user.id)
        await mailing.verification(transaction, tools=tools, user=user)
        if not tools.settings.require_verified_email:
            await activate(transaction, user, tools=tools)
        return
    known = await store.users.by_email(transaction, key, lock=True)
    if known is None:
        return
    await security.note(transaction, "account.registered", visit=visit, user_id=known.id, outcome="refused")
    if known.email_verified_at is None:
        # One of the two may not have the mailbox. Whoever has it chooses: neither's password is confirmed any more.
        await mailing.password_choice(transaction, tools=tools, user=known)
    else:
        await mailing.tell(transaction, MailKind.ALREADY_REGISTERED, tools=tools, user=known, link="/forgot-password")


async def verify_email(transaction: AsyncConnection, *, tools: Tools, visit: Visit, token: str) -> None:
    """The mailbox is the user's; raises `LinkInvalid`."""
    link, user = await mailing.redeem(transaction, tools=tools, text=token, purpose=Purpose.VERIFY_EMAIL)
    if user.email != link.email or user.email_verified_at is not None:
        raise LinkInvalid
    await store.mails.drop_tokens(transaction, user.id, Purpose.VERIFY_EMAIL)
    await activate(transaction, user, tools=tools, email_verified_at=tools.clock())
    await security.note(transaction, "email.verified", visit=visit, user_id=user.id)


async def activate(transaction: AsyncConnection, user: User, *, tools: Tools, **also: Any) -> User:
    """From now on the account may act; others hear of it."""
    at = tools.clock()
    if user.activated_at is None:
        also["activated_at"] = at
        await outbox.publish(transaction, topic_of(user.id), UserRegistered(user=user.profile, at=at))
    return await store.users.change(transaction, user.id, **also) if also else user


async def change_profile(
    transaction: AsyncConnection,
    *,
    tools: Tools,
    actor: Actor,
    display_name: str | msgspec.UnsetType,
    avatar_url: str | msgspec.UnsetType | None,
    language: str | msgspec.UnsetType,
) -> User:
    """What is set is changed; others hear of the whole profile as it is then."""
    changes: dict[str, Any] = {}
    if display_name is not msgspec.UNSET:
        changes["display_name"] = checked_name(display_name)
    if avatar_url is not msgspec.UNSET:
        changes["avatar_url"] = checked_avatar(avatar_url)
    if language is not msgspec.UNSET:
        changes["language"] = language
    if not changes:
        return actor.user
    before = await store.users.by_id(transaction, actor.user.id, lock=True)
    user = await store.users.change(transaction, actor.user.id, **changes)
    if before is None or before.profile != user.profile:
        event = UserUpdated(user=user.profile, at=tools.clock())
        await outbox.publish(transaction, topic_of(user.id), event)
    return user


async def ask_email_change(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, email: str
) -> None:
    """Both addresses are told. Whether the new one is taken is said only to who can read its mail."""
    email_key(email)
    await mailing.email_change(transaction, tools=tools, user=actor.user, email=email.strip())
    await security.note(
        transaction, "email.change_asked", visit=visit, user_id=actor.user.id, session_id=actor.session.id
    )


async def confirm_email_change(transaction: AsyncConnection, *, tools: Tools, visit: Visit, token: str) -> None:
    """The new mailbox is the user's too; raises `LinkInvalid` or `EmailTaken`."""
    at = tools.clock()
    link, user = await mailing.redeem(transaction, tools=tools, text=token, purpose=Purpose.CONFIRM_EMAIL)
    key = email_key(link.email)
    try:
        async with transaction.begin_nested():
            await store.users.change(transaction, user.id, email=link.email, email_key=key, email_verified_at=at)
    except IntegrityError:
        raise EmailTaken from None
    await mailing.tell(transaction, MailKind.EMAIL_CHANGED, tools=tools, user=user, what=link.email)
    await ending.links_under_way(transaction, user_id=user.id)
    await security.note(transaction, "email.changed", visit=visit, user_id=user.id)


async def ask_deletion(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    """All sessions end now; the account is forgotten after the days of grace, unless its owner logs in."""
    delete_at = tools.clock() + timedelta(days=tools.settings.deletion_grace_days)
    user = await store.users.change(transaction, actor.user.id, delete_at=delete_at)
    day = delete_at.date().isoformat()
    await mailing.tell(transaction, MailKind.ACCOUNT_DELETED, tools=tools, user=user, what=day)
    await security.note(
        transaction, "account.deletion_asked", visit=visit, user_id=user.id, session_id=actor.session.id
    )
    await ending.end(transaction, tools=tools, user_id=user.id)
    await ending.links_under_way(transaction, user_id=user.id)


async def keep_account(transaction: AsyncConnection, *, tools: Tools, visit: Visit, user: User) -> User:
    """Its owner came back within the days of grace."""
    user = await store.users.change(transaction, user.id, delete_at=None)
    await mailing.tell(transaction, MailKind.ACCOUNT_KEPT, tools=tools, user=user)
    await security.note(transaction, "account.kept", visit=visit, user_id=user.id)
    return user


async def forget_deleted(transaction: AsyncConnection, *, tools: Tools) -> None:
    """Those whose days of grace are over are gone for good; others are told to forget them."""
    at = tools.clock()
    for user_id in await store.users.due_for_deletion(transaction, at=at):
        await store.users.remove(transaction, user_id)
        await outbox.publish(transaction, topic_of(user_id), UserDeleted(user_id=user_id, at=at))


async def identities_of(transaction: AsyncConnection, *, tools: Tools, user: User) -> list[Identity]:
    return await store.identities.of_user(transaction, tools.vault, user.id)


async def factors_of(transaction: AsyncConnection, user: User) -> Factors:
    return await store.proofs.factors_of(transaction, user.id)


async def export(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor) -> dict[str, Any]:
    """All that is kept here about a person, for themself, but for their security log; secrets are named, not shown."""
    user = actor.user
    totp = await store.proofs.totp_of(transaction, tools.vault, user.id)
    await security.note(transaction, "account.exported", visit=visit, user_id=user.id, session_id=actor.session.id)
    hidden = {"password_hash", "refresh_hash", "spent", "tokens", "public_key"}

    def shown(item: msgspec.Struct) -> dict[str, Any]:
        return {key: value for key, value in msgspec.structs.asdict(item).items() if key not in hidden}

    return {
        "exported_at": rfc3339(tools.clock()),
        "user": shown(user),
        "password_set": user.password_hash is not None,
        "authenticator_app": totp is not None and totp.confirmed_at is not None,
        "identities": [shown(one) for one in await identities_of(transaction, tools=tools, user=user)],
        "passkeys": [shown(one) for one in await store.proofs.passkeys_of(transaction, user.id)],
        "sessions": [shown(one) for one in await store.sessions.of_user(transaction, user.id)],
    }


async def whole_security_log(begin: Begin, *, user_id: UserId) -> AsyncGenerator[Entry]:
    """Newest first, however long. While the reader takes their time, no connection is held."""
    before = None
    while True:
        async with begin() as transaction:
            page = await store.security.page(transaction, user_id=user_id, before=before, limit=EXPORT_PAGE)
        for entry in page:
            yield entry
        if len(page) < EXPORT_PAGE:
            return
        before = page[-1].id

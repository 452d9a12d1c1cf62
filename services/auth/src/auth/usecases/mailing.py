"""Mail: order it with the change it tells of, and deliver what was ordered."""

import secrets
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from auth import store
from auth.clients import letters
from auth.domain.mails import Asked, LinkInvalid, Mail, MailKind, MailToken, Purpose, link_of
from auth.domain.users import User
from auth.domain.visits import Visit
from auth.store.mails import Due
from auth.usecases import security
from auth.usecases.tools import Begin, Tools
from chassis.background import Worker, every
from chassis.poison import SetAside

log = structlog.get_logger()

FIRST_RETRY_SECONDS: Final = 10
DELIVER_SECONDS_MAX: Final = 120.0
"""A mail server may take its time over one mail."""
ACTIONS: Final = {
    MailKind.VERIFY_EMAIL: "email.verification_asked",
    MailKind.RESET_PASSWORD: "password.reset_asked",
}
"""What stands in the security log of whoever a mail was asked for."""


async def tell(
    transaction: AsyncConnection, kind: MailKind, *, tools: Tools, user: User, what: str = "", link: str = ""
) -> None:
    """Order a mail to a user, if they have an address. An address that nobody confirmed may be a stranger's, who is not
    to be sent what somebody else chose to be called.
    """
    if user.email is not None:
        name = user.display_name if user.email_verified_at else ""
        mail = Mail(kind=kind, to=user.email, language=user.language, name=name, link=link, what=what)
        await store.mails.order(transaction, tools.vault, mail, at=tools.clock())


async def ask(transaction: AsyncConnection, kind: MailKind, *, tools: Tools, visit: Visit, email_key: str) -> None:
    """Somebody asks for a mail to an address: the same work whether an account has it or not."""
    asked = Asked(kind=kind, email_key=email_key, network=visit.network, device=visit.device)
    await store.mails.order(transaction, tools.vault, asked, at=tools.clock())


async def verification(transaction: AsyncConnection, *, tools: Tools, user: User) -> None:
    """Order the mail that confirms the address, and with it the password of the one who registered it."""
    lifetime = timedelta(hours=tools.settings.verification_hours)
    link = await _link(transaction, Purpose.VERIFY_EMAIL, tools=tools, user=user, lifetime=lifetime)
    await tell(transaction, MailKind.VERIFY_EMAIL, tools=tools, user=user, link=link)


async def password_choice(transaction: AsyncConnection, *, tools: Tools, user: User) -> None:
    """Order the mail that confirms an address by choosing a password. Who registered it first nobody knows: links that
    would confirm their password stop working, and there are no more of them.
    """
    await store.mails.drop_tokens(transaction, user.id, Purpose.VERIFY_EMAIL)
    await password_reset(transaction, tools=tools, user=user, kind=MailKind.CHOOSE_PASSWORD)


async def password_reset(
    transaction: AsyncConnection, *, tools: Tools, user: User, kind: MailKind = MailKind.RESET_PASSWORD
) -> None:
    """Order the mail by which a new password can be set; the link before stops working."""
    await store.mails.drop_tokens(transaction, user.id, Purpose.RESET_PASSWORD)
    lifetime = timedelta(minutes=tools.settings.reset_minutes)
    link = await _link(transaction, Purpose.RESET_PASSWORD, tools=tools, user=user, lifetime=lifetime)
    await tell(transaction, kind, tools=tools, user=user, link=link)


async def email_change(transaction: AsyncConnection, *, tools: Tools, user: User, email: str) -> None:
    """Both addresses hear of it; the new one has to confirm."""
    await store.mails.drop_tokens(transaction, user.id, Purpose.CONFIRM_EMAIL)
    await tell(transaction, MailKind.EMAIL_CHANGE_ASKED, tools=tools, user=user, what=email)
    lifetime = timedelta(minutes=tools.settings.reset_minutes)
    link = await _link(transaction, Purpose.CONFIRM_EMAIL, tools=tools, user=user, lifetime=lifetime, email=email)
    mail = Mail(kind=MailKind.CONFIRM_NEW_EMAIL, to=email, language=user.language, name="", link=link)
    await store.mails.order(transaction, tools.vault, mail, at=tools.clock())


async def redeem(transaction: AsyncConnection, *, tools: Tools, text: str, purpose: Purpose) -> tuple[MailToken, User]:
    """What the link stands for, used up by this, and whose it is, locked; raises `LinkInvalid`."""
    owner = await store.mails.owner_of_token(transaction, text)
    user = owner and await store.users.by_id(transaction, owner, lock=True)
    link = await store.mails.take_token(transaction, tools.vault, text, purpose=purpose, at=tools.clock())
    if not user or not link:
        raise LinkInvalid
    return link, user


def worker(begin: Begin, tools: Tools) -> Worker:
    """Delivers what is due. A mail that cannot be handed over waits longer each time; the others do not wait."""

    set_aside = SetAside("mail")

    async def step() -> bool:
        return await deliver_next(begin, tools, set_aside)

    wait = every(tools.settings.mail_poll_seconds)
    return Worker("mail", step, wait=wait, bound_seconds=DELIVER_SECONDS_MAX, set_aside=set_aside)


async def deliver_next(begin: Begin, tools: Tools, set_aside: SetAside) -> bool:
    """Deliver one mail whose time has come, if there is one. After a crash in between it is delivered again; one that
    cannot even be read holds up no other."""
    async with begin() as transaction:
        mail_id = await store.mails.next_due(transaction, at=tools.clock(), but=cast("list[UUID]", set_aside.resting()))
    if mail_id is None:
        return False
    with set_aside.handling(mail_id):
        return await _deliver_one(begin, tools, mail_id)
    return True  # it was set aside; the next may be fine


async def _deliver_one(begin: Begin, tools: Tools, mail_id: UUID) -> bool:
    """False: another copy has it."""
    async with begin() as transaction:
        due = await store.mails.take(transaction, tools.vault, mail_id, at=tools.clock())
        if due is None:
            return False
        if not isinstance(due.order, Mail):
            await _resolve(transaction, due.order, tools=tools)
            await store.mails.sent(transaction, due.id)
            return True
        claimed_until = tools.clock() + timedelta(seconds=2 * tools.settings.smtp_seconds)
        await store.mails.claim(transaction, due, until=claimed_until)
    # The mail server may take its time: no connection is held meanwhile.
    again_at = await _deliver(due, due.order, tools=tools)
    async with begin() as transaction:
        if again_at is None:
            await store.mails.sent(transaction, due.id)
        else:
            await store.mails.failed(transaction, due, again_at=again_at)
    return True


async def _deliver(due: Due, mail: Mail, *, tools: Tools) -> datetime | None:
    """When to try again; None once it is delivered, or given up."""
    settings = tools.settings
    try:
        message = letters.write(mail, sender=settings.mail_from, home=settings.public_url.rstrip("/"))
        await tools.postman.deliver(message)
    except Exception as error:  # noqa: BLE001  one mail that cannot be written or delivered must not stop the others
        log.warning("mail.failed", kind=mail.kind.value, failures=due.failures + 1, error=repr(error)[:300])
        if due.failures + 1 < settings.mail_failures_max:
            return tools.clock() + timedelta(seconds=FIRST_RETRY_SECONDS * 2**due.failures)
        log.error("mail.given_up", kind=mail.kind.value)  # noqa: TRY400  the failures before were logged
    return None


async def _resolve(transaction: AsyncConnection, asked: Asked, *, tools: Tools) -> None:
    user = await store.users.by_email(transaction, asked.email_key, lock=True)
    visit = Visit(network=asked.network, device=asked.device)
    await security.note(transaction, ACTIONS[asked.kind], visit=visit, user_id=user.id if user else None)
    if user is None:
        return
    if asked.kind is MailKind.RESET_PASSWORD:
        await password_reset(transaction, tools=tools, user=user)
    elif asked.kind is MailKind.VERIFY_EMAIL and user.email_verified_at is None:
        # Repeated is a link that works: there is none where a second one registered the address, however long ago.
        at, purpose = tools.clock(), Purpose.VERIFY_EMAIL
        alone = await store.mails.has_token(transaction, user.id, purpose=purpose, at=at)
        await (verification if alone else password_choice)(transaction, tools=tools, user=user)


async def _link(
    transaction: AsyncConnection,
    purpose: Purpose,
    *,
    tools: Tools,
    user: User,
    lifetime: timedelta,
    email: str | None = None,
) -> str:
    text = secrets.token_urlsafe(32)
    token = MailToken(
        user_id=user.id,
        purpose=purpose,
        expires_at=tools.clock() + lifetime,
        email=email or user.email or "",
    )
    await store.mails.add_token(transaction, tools.vault, token, text=text)
    return link_of(purpose, text)

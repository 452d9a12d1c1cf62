"""Passkeys: add one, log in with one, remove one."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auth import store
from auth.domain.mails import MailKind
from auth.domain.proofs import PASSKEYS_MAX, LastWayIn, Passkey, PasskeyRefused, TooManyPasskeys, challenge_in
from auth.domain.users import User, checked_label
from auth.domain.visits import Visit
from auth.usecases import mailing, security
from auth.usecases.tools import Actor, Tools
from contracts.problems import NotFound

Options = dict[str, Any]
Credential = dict[str, Any]

ENROL, LOGIN = "passkey.enrol", "passkey.login"


async def offer_enrolment(transaction: AsyncConnection, *, tools: Tools, actor: Actor) -> Options:
    """What `navigator.credentials.create()` needs. The passkey must check its owner (PIN, finger, face)."""
    known = await store.proofs.passkeys_of(transaction, actor.user.id)
    if len(known) >= PASSKEYS_MAX:
        raise TooManyPasskeys
    options = generate_registration_options(
        rp_id=domain_of(tools),
        rp_name="Guildhall",
        user_id=actor.user.id.bytes,
        user_name=actor.user.email or actor.user.display_name,
        user_display_name=actor.user.display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
    )
    await _remember(transaction, options.challenge, purpose=ENROL, data=actor.user.id.bytes, tools=tools)
    return options_to_json_dict(options)


async def enrol(
    transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, credential: Credential, name: str
) -> Passkey:
    """Keep the public key that a browser brings in answer to the offer."""
    challenge, owner = await _answered(transaction, credential, purpose=ENROL, tools=tools)
    if owner != actor.user.id.bytes:
        raise PasskeyRefused
    await store.users.by_id(transaction, actor.user.id, lock=True)
    if len(await store.proofs.passkeys_of(transaction, actor.user.id)) >= PASSKEYS_MAX:
        raise TooManyPasskeys
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=domain_of(tools),
            expected_origin=_origin(tools),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        raise PasskeyRefused from None
    passkey = Passkey(
        id=verified.credential_id,
        user_id=actor.user.id,
        name=checked_label(name) or visit.device,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        created_at=tools.clock(),
    )
    if not await store.proofs.add_passkey(transaction, passkey):
        raise PasskeyRefused("This passkey is in use already")
    await _told(transaction, "passkey_added", tools=tools, visit=visit, actor=actor)
    return passkey


async def offer_login(transaction: AsyncConnection, *, tools: Tools) -> Options:
    """What `navigator.credentials.get()` needs; the passkey itself says whose it is."""
    options = generate_authentication_options(
        rp_id=domain_of(tools), user_verification=UserVerificationRequirement.REQUIRED
    )
    await _remember(transaction, options.challenge, purpose=LOGIN, data=b"", tools=tools)
    return options_to_json_dict(options)


async def prove(transaction: AsyncConnection, *, tools: Tools, visit: Visit, credential: Credential) -> User:
    """Whose passkey answered. Raises `PasskeyRefused`, also when its counter went back (a copy)."""
    challenge, _ = await _answered(transaction, credential, purpose=LOGIN, tools=tools)
    passkey, user = await _known(transaction, credential)
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=domain_of(tools),
            expected_origin=_origin(tools),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
        await security.note(
            transaction, "session.opened", visit=visit, user_id=passkey.user_id, outcome="refused", detail="passkey"
        )
        raise PasskeyRefused from None
    await store.proofs.passkey_used(transaction, passkey, sign_count=verified.new_sign_count, at=tools.clock())
    return user


async def remove(transaction: AsyncConnection, *, tools: Tools, visit: Visit, actor: Actor, passkey_id: str) -> None:
    user = await store.users.by_id(transaction, actor.user.id, lock=True) or actor.user
    known = await store.proofs.passkeys_of(transaction, user.id)
    passkey = next((one for one in known if bytes_to_base64url(one.id) == passkey_id), None)
    if passkey is None:
        raise NotFound
    linked = await store.identities.of_user(transaction, tools.vault, user.id)
    if len(known) == 1 and not user.password_lets_in and not linked:
        raise LastWayIn
    await store.proofs.remove_passkey(transaction, passkey)
    await _told(transaction, "passkey_removed", tools=tools, visit=visit, actor=actor)


async def _known(transaction: AsyncConnection, credential: Credential) -> tuple[Passkey, User]:
    """The passkey as it is while its owner is locked, as everybody has them who changes their passkeys."""
    try:
        passkey_id = base64url_to_bytes(str(credential["id"]))
    except (KeyError, ValueError):
        raise PasskeyRefused from None
    found = await store.proofs.passkey_by_id(transaction, passkey_id)
    user = found and await store.users.by_id(transaction, found.user_id, lock=True)
    passkey = user and await store.proofs.passkey_by_id(transaction, passkey_id)
    if not passkey or not user:
        raise PasskeyRefused
    return passkey, user


async def _remember(transaction: AsyncConnection, challenge: bytes, *, purpose: str, data: bytes, tools: Tools) -> None:
    text = bytes_to_base64url(challenge)
    expires_at = tools.challenge_ends()
    await store.proofs.add_challenge(transaction, text, purpose=purpose, data=data, expires_at=expires_at)


async def _answered(
    transaction: AsyncConnection, credential: Credential, *, purpose: str, tools: Tools
) -> tuple[bytes, bytes]:
    """The challenge, used up by this, and what was remembered with it."""
    text = challenge_in(credential)
    data = await store.proofs.take_challenge(transaction, text, purpose=purpose, at=tools.clock())
    if data is None:
        raise PasskeyRefused("The challenge was answered already, or too long ago")
    return base64url_to_bytes(text), data


async def _told(transaction: AsyncConnection, what: str, *, tools: Tools, visit: Visit, actor: Actor) -> None:
    await security.note(transaction, f"sign_in.{what}", visit=visit, user_id=actor.user.id, session_id=actor.session.id)
    await mailing.tell(transaction, MailKind.SIGN_IN_CHANGED, tools=tools, user=actor.user, what=what)


def domain_of(tools: Tools) -> str:
    """The relying party id: the host for which passkeys are made."""
    return tools.settings.passkey_domain or urlsplit(tools.settings.public_url).hostname or "localhost"


def _origin(tools: Tools) -> str:
    return tools.settings.public_url.rstrip("/")

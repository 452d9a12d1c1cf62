"""Whoever has the mailbox has the account: what somebody else prepared, or still has under way, gets them nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher

from .authenticator import Authenticator
from .conftest import StartAuth
from .people import EMAIL, ORIGIN, PASSWORD, Auth, Tokens
from .test_factors import DOMAIN, with_passkey, with_totp
from .test_sessions import is_over, told

OTHER = "nine green herons"
EVIL = "mallory@evil.example"


async def by_registering(auth: Auth) -> None:
    """The owner of the address registers too, and is asked to choose a password by a mailed link."""
    await auth.register(password="some other password")
    token = await auth.mailbox.link(EMAIL, "reset-password")
    await auth.ask("POST", "/password/reset", {"token": token, "password": OTHER})


async def by_reset(auth: Auth) -> None:
    """The owner of the address finds an account there, and sets a password of their own."""
    await auth.ask("POST", "/password/forgot", {"email": EMAIL})
    token = await auth.mailbox.link(EMAIL, "reset-password")
    await auth.ask("POST", "/password/reset", {"token": token, "password": OTHER})


@pytest.mark.parametrize("takes", [by_registering, by_reset])
class TestAnAccountThatSomebodyMadeUnderAnothersAddress:
    """Possible only where nobody has to confirm an address first."""

    @pytest.fixture
    async def mallory(self, auth: Auth) -> Tokens:
        await auth.register()
        await auth.mailbox.next(EMAIL)
        return await auth.login()

    async def test_is_not_entered_by_their_passkey(
        self, auth: Auth, mallory: Tokens, takes: Callable[[Auth], Awaitable[None]]
    ) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        await with_passkey(auth, mallory, device)

        await takes(auth)

        options = (await auth.ask("POST", "/passkeys/login/options")).json()
        answer = await auth.ask("POST", "/passkeys/login", {"credential": device.get(options)})
        assert answer.json()["code"] == "passkey_refused"

    async def test_does_not_ask_for_their_codes(
        self, auth: Auth, mallory: Tokens, takes: Callable[[Auth], Awaitable[None]]
    ) -> None:
        await with_totp(auth, mallory)

        await takes(auth)

        assert (await auth.try_login(password=OTHER)).status_code == 200

    async def test_is_not_entered_by_their_discord_account(
        self, auth: Auth, mallory: Tokens, takes: Callable[[Auth], Awaitable[None]]
    ) -> None:
        await auth.link_discord(mallory.user["id"], "666")

        await takes(auth)

        assert await auth.rows("select * from identities") == []
        assert "auth.identity_unlinked.v1" in await told(auth, mallory)


class TestAChangeOfAddressThatIsUnderWay:
    @pytest.fixture
    async def ann(self, auth: Auth) -> Tokens:
        return await auth.person()

    @pytest.fixture
    async def link(self, auth: Auth, ann: Tokens) -> str:
        """Somebody with a stolen session asked for it; the link lies in their own mailbox."""
        await auth.ask("POST", "/email/change", {"email": EVIL}, token=ann.access_token)
        return await auth.mailbox.link(EVIL)

    async def test_ends_when_the_password_is_reset(self, auth: Auth, link: str) -> None:
        await by_reset(auth)

        assert (await auth.ask("POST", "/email/confirm", {"token": link})).json()["code"] == "link_invalid"

    async def test_ends_when_the_password_is_changed(self, auth: Auth, ann: Tokens, link: str) -> None:
        await auth.ask("POST", "/password/change", {"current": PASSWORD, "new": OTHER}, token=ann.access_token)

        assert (await auth.ask("POST", "/email/confirm", {"token": link})).json()["code"] == "link_invalid"

    async def test_ends_when_the_other_sessions_are_ended(self, auth: Auth, ann: Tokens, link: str) -> None:
        await auth.ask("DELETE", "/sessions?except=current", token=ann.access_token)

        assert (await auth.ask("POST", "/email/confirm", {"token": link})).json()["code"] == "link_invalid"


class SlowHash:
    """Checking a password waits until it is let go on: what takes long in truth."""

    def __init__(self) -> None:
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()


@asynccontextmanager
async def slow_hash(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SlowHash]:
    slow, loop = SlowHash(), asyncio.get_running_loop()
    verify = PasswordHasher.verify

    def waits(hasher: PasswordHasher, stored: str, given: str) -> bool:
        right = verify(hasher, stored, given)
        loop.call_soon_threadsafe(slow.begun.set)
        asyncio.run_coroutine_threadsafe(slow.may_end.wait(), loop).result(30)
        return right

    with monkeypatch.context() as patched:
        patched.setattr(PasswordHasher, "verify", waits)
        yield slow


class TestWhoKnowsTheOldPassword:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/step-up", {"password": PASSWORD}),
            ("/password/change", {"current": PASSWORD, "new": "three blue otters"}),
        ],
    )
    async def test_does_not_stay_by_asking_while_it_is_reset(
        self, start_auth: StartAuth, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, Any]
    ) -> None:
        auth = await start_auth()
        mallory = await auth.person()
        async with slow_hash(auth, monkeypatch) as slow:
            asking = asyncio.create_task(auth.ask("POST", path, body, token=mallory.access_token))
            await slow.begun.wait()
            await by_reset(auth)
            slow.may_end.set()
            answer = await asking

        assert answer.json()["code"] == "session_ended"
        assert await is_over(auth, mallory)
        assert (await auth.try_login(password=OTHER)).status_code == 200

    async def test_has_one_session_however_often_it_is_renewed_at_once(self, auth: Auth) -> None:
        ann = await auth.person()

        asked = [auth.ask("POST", "/step-up", {"password": PASSWORD}, token=ann.access_token) for _ in range(4)]
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))

        assert statuses == [200, 401, 401, 401]


class TestTheLastWayIn:
    async def test_is_no_password_that_goes_with_no_address(self, auth: Auth) -> None:
        """Whoever came by Discord has none, and a password alone lets nobody in."""
        ann = await auth.person()
        await auth.link_discord(ann.user["id"], "42")
        await auth.change_rows("update users set email = null, email_key = null")

        answer = await auth.ask("DELETE", "/identities/discord", token=ann.access_token)

        assert answer.json()["code"] == "last_way_in"

    async def test_is_left_when_two_are_removed_at_once(self, auth: Auth) -> None:
        ann = await auth.person()
        devices = [Authenticator(ORIGIN, domain=DOMAIN) for _ in range(2)]
        ids = [(await with_passkey(auth, ann, device)).json()["id"] for device in devices]
        await auth.change_rows("update users set password_hash = null")

        removing = [auth.ask("DELETE", f"/passkeys/{one}", token=ann.access_token) for one in ids]
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*removing))

        assert statuses == [204, 409]


class TestPasskeys:
    async def test_are_limited_though_many_were_offered_before(self, auth: Auth) -> None:
        ann = await auth.person()
        offers = [(await auth.ask("POST", "/passkeys/enrol", token=ann.access_token)).json() for _ in range(21)]

        answers = [
            await auth.ask(
                "POST",
                "/passkeys",
                {"credential": Authenticator(ORIGIN, domain=DOMAIN).create(offer)},
                token=ann.access_token,
            )
            for offer in offers
        ]

        assert [answer.status_code for answer in answers] == [201] * 20 + [409]

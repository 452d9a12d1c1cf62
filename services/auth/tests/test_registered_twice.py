"""Two registered one address, one of them has its mailbox: whatever they confirm, the other's password is no use."""

from collections.abc import Awaitable, Callable

import pytest

from .conftest import StartAuth
from .mailbox import text_of
from .people import EMAIL, Auth
from .test_sessions import is_over

OWNERS = "seven brown foxes"
MALLORYS = "nine green herons"
CHOSEN = "three blue otters"


async def link_and_page(auth: Auth) -> tuple[str, str]:
    """Of the next mail to the address: what its link carries, and the page it leads to."""
    address = text_of(await auth.mailbox.next(EMAIL)).partition("https://home.example/")[2].split()[0]
    page, _, token = address.partition("#token=")
    return token, page


async def confirmed(auth: Auth, token: str) -> int:
    return (await auth.ask("POST", "/verify-email", {"token": token})).status_code


async def logs_in(auth: Auth, password: str) -> bool:
    return (await auth.try_login(password=password)).status_code == 200


async def owner_first(auth: Auth) -> None:
    await auth.register(password=OWNERS)
    await auth.register(password=MALLORYS, name="Mallory")


async def mallory_first(auth: Auth) -> None:
    await auth.register(password=MALLORYS, name="Mallory")
    await auth.register(password=OWNERS)


@pytest.fixture
async def strict(start_auth: StartAuth) -> Auth:
    """Auth as in production: an address has to be confirmed."""
    return await start_auth(require_verified_email=True)


@pytest.mark.parametrize("both", [owner_first, mallory_first])
class TestWhoeverHasTheMailbox:
    async def test_confirms_nobodys_password_by_the_earlier_mail(
        self, strict: Auth, both: Callable[[Auth], Awaitable[None]]
    ) -> None:
        await both(strict)
        token, page = await link_and_page(strict)

        assert page == "verify-email"
        assert await confirmed(strict, token) == 410
        assert not await logs_in(strict, MALLORYS)

    async def test_chooses_the_password_by_the_later_mail(
        self, strict: Auth, both: Callable[[Auth], Awaitable[None]]
    ) -> None:
        await both(strict)
        await link_and_page(strict)
        token, page = await link_and_page(strict)

        assert page == "reset-password"
        assert await confirmed(strict, token) == 410
        reset = await strict.ask("POST", "/password/reset", {"token": token, "password": CHOSEN})
        assert reset.status_code == 204
        assert not await logs_in(strict, MALLORYS)
        assert (await strict.login(password=CHOSEN)).user["email_verified"]

    @pytest.mark.parametrize("days", [0, 2])
    async def test_chooses_it_too_by_a_mail_that_anybody_asked_for_later(
        self, strict: Auth, both: Callable[[Auth], Awaitable[None]], days: int
    ) -> None:
        await both(strict)
        for _ in range(2):
            await link_and_page(strict)
        strict.clock.advance(days=days)
        await strict.tidy()

        await strict.ask("POST", "/verify-email/resend", {"email": EMAIL})

        assert (await link_and_page(strict))[1] == "reset-password"

    async def test_ends_what_the_other_began_where_nobody_has_to_confirm(
        self, auth: Auth, both: Callable[[Auth], Awaitable[None]]
    ) -> None:
        await both(auth)
        first = await auth.login(password=OWNERS if both is owner_first else MALLORYS)
        await link_and_page(auth)
        token, _ = await link_and_page(auth)

        await auth.ask("POST", "/password/reset", {"token": token, "password": CHOSEN})

        assert await is_over(auth, first)
        assert [await logs_in(auth, one) for one in (OWNERS, MALLORYS, CHOSEN)] == [False, False, True]


class TestWhoRegisteredAlone:
    async def test_is_sent_the_link_again(self, strict: Auth) -> None:
        await strict.register(password=OWNERS)
        await link_and_page(strict)

        await strict.ask("POST", "/verify-email/resend", {"email": EMAIL})
        token, page = await link_and_page(strict)

        assert page == "verify-email"
        assert await confirmed(strict, token) == 204
        assert await logs_in(strict, OWNERS)

    async def test_is_not_locked_out_by_who_registers_the_address_too(self, auth: Auth) -> None:
        """Where nobody has to confirm: the account goes on as it was until somebody has shown to have the mailbox."""
        await auth.register(password=OWNERS)
        ann = await auth.login(password=OWNERS)

        await auth.register(password=MALLORYS, name="Mallory")

        assert not await is_over(auth, ann)
        assert [await logs_in(auth, one) for one in (OWNERS, MALLORYS)] == [True, False]

"""A second factor holds on every way in: whoever has only the owner's Discord account stays outside."""

import httpx

from auth.routes.cookies import SECOND_FACTOR

from .browser import WEB, Browser
from .people import Auth, Tokens
from .test_factors import TOTP, with_totp


async def with_app(ada: Browser) -> tuple[TOTP, list[str]]:
    """Ada's account, which Discord lets her into, asks for a code from now on."""
    return await with_totp(ada.auth, await ada.logs_in())


async def shows(auth: Auth, **proof: str) -> httpx.Response:
    return await auth.ask("POST", "/discord/second-factor", proof, **WEB)


class TestLoggingInWithDiscord:
    async def test_opens_no_session_before_the_code_is_shown(self, ada: Browser) -> None:
        await with_app(ada)
        ada.auth.client.cookies.clear()

        answer = await ada.comes_back(await ada.goes_to_discord())

        assert answer.headers["location"] == "/spaces?error=totp_needed"
        assert (await ada.auth.ask("POST", "/refresh", **WEB)).status_code == 401

    async def test_goes_on_with_the_code_and_with_a_recovery_code(self, ada: Browser) -> None:
        app, codes = await with_app(ada)

        for proof in ({"totp": app.at(ada.auth.clock())}, {"recovery_code": codes[0]}):
            await ada.comes_back(await ada.goes_to_discord())
            answer = await shows(ada.auth, **proof)

            assert answer.status_code == 200, answer.text
            assert answer.json()["user"]["display_name"] == "Ada"
        assert (await ada.auth.ask("POST", "/refresh", **WEB)).status_code == 200

    async def test_takes_another_try_after_a_wrong_code_but_not_too_many(self, ada: Browser) -> None:
        app, _ = await with_app(ada)
        await ada.comes_back(await ada.goes_to_discord())

        wrong = [(await shows(ada.auth, totp="000000")).status_code for _ in range(3)]
        right = (await shows(ada.auth, totp=app.at(ada.auth.clock()))).status_code
        await ada.comes_back(await ada.goes_to_discord())
        many = [(await shows(ada.auth, totp="000000")).status_code for _ in range(12)]

        assert (wrong, right) == ([401] * 3, 200)
        assert many[-1] == 429

    async def test_is_finished_by_the_browser_that_began_it_and_once(self, ada: Browser) -> None:
        app, _ = await with_app(ada)
        await ada.comes_back(await ada.goes_to_discord())
        held = ada.auth.client.cookies.get(SECOND_FACTOR)
        ada.auth.client.cookies.delete(SECOND_FACTOR)

        elsewhere = await shows(ada.auth, totp=app.at(ada.auth.clock()))
        ada.auth.client.cookies.set(SECOND_FACTOR, str(held), path="/api/v1/auth/discord")
        here = await shows(ada.auth, totp=app.at(ada.auth.clock()))
        ada.auth.clock.advance(seconds=30)
        ada.auth.client.cookies.set(SECOND_FACTOR, str(held), path="/api/v1/auth/discord")
        again = await shows(ada.auth, totp=app.at(ada.auth.clock()))

        assert (elsewhere.status_code, here.status_code, again.status_code) == (400, 200, 400)


class TestDiscordAlone:
    async def test_changes_nothing_that_matters_where_there_is_a_password(self, ada: Browser) -> None:
        ann = await ada.auth.person()
        await ada.comes_back(await ada.goes_to_discord("link", token=ann.access_token))
        session: Tokens = await ada.logs_in()

        asked = await ada.auth.ask("POST", "/email/change", {"email": "eve@example.org"}, token=session.access_token)

        assert (asked.status_code, asked.json()["code"]) == (403, "step_up_needed")

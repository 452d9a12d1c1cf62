"""Linking accounts by OAuth2: approve, deny, PKCE, codes that work once, tokens that turn."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest

from discord_sim.oauth import OAuthRefusal
from discord_sim.stage import Stage

Rest = Callable[..., Awaitable[Any]]

BACK = "http://localhost/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
STATE = "a b&c=/é"


def authorize_url(scene: Stage, **changes: str) -> str:
    asked = {
        "client_id": str(scene.bot.id),
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "identify email",
        "state": STATE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{scene.sim.url}/oauth2/authorize?{urlencode(asked | changes)}"


@pytest.fixture
def token(scene: Stage, http: aiohttp.ClientSession) -> Callable[..., Awaitable[Any]]:
    async def ask(path: str = "", **form: str) -> Any:
        who = {"client_id": str(scene.bot.id), "client_secret": scene.bot.client_secret}
        async with http.post(f"{scene.sim.rest_url}/oauth2/token{path}", data=who | form) as reply:
            return reply.status, await reply.json()

    return ask


@pytest.fixture
def code(scene: Stage) -> str:
    """What ada's browser brings back."""
    location = scene.sim.agree(authorize_url(scene), user=scene.person("ada").user)
    back = dict(parse_qsl(urlsplit(location).query))
    assert back["state"] == STATE
    return back["code"]


def redeem(code: str, **changes: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changes


class TestAuthorizationPage:
    async def test_sends_the_person_back_with_a_code(self, scene: Stage, http: aiohttp.ClientSession) -> None:
        ada = scene.person("ada").user
        async with http.get(authorize_url(scene)) as page:
            text = await page.text()

        form = {"user_id": str(ada.id), "answer": "approve"}
        async with http.post(authorize_url(scene), data=form, allow_redirects=False) as reply:
            location = reply.headers["Location"]

        assert f'<option value="{ada.id}">' in text
        assert reply.status == 302
        assert location.startswith(f"{BACK}?code=")
        assert dict(parse_qsl(urlsplit(location).query))["state"] == STATE

    async def test_sends_the_person_back_without_one_when_denied(self, scene: Stage) -> None:
        location = scene.sim.agree(authorize_url(scene), user=scene.person("ada").user, approve=False)

        back = dict(parse_qsl(urlsplit(location).query))
        assert (back["error"], back["state"]) == ("access_denied", STATE)

    @pytest.mark.parametrize(
        "change",
        [
            {"client_id": "1"},
            {"redirect_uri": "http://evil.test/"},
            {"response_type": "token"},
            {"scope": "everything"},
            {"code_challenge_method": "plain"},
        ],
    )
    async def test_never_redirects_a_faulty_request(
        self, scene: Stage, http: aiohttp.ClientSession, change: dict[str, str]
    ) -> None:
        async with http.get(authorize_url(scene, **change), allow_redirects=False) as reply:
            assert reply.status == 400
        with pytest.raises(OAuthRefusal):
            scene.sim.agree(authorize_url(scene, **change), user=scene.person("ada").user)


class TestToken:
    async def test_opens_what_was_allowed_and_no_more(self, token: Rest, code: str, rest: Rest) -> None:
        status, given = await token(**redeem(code))

        bearer = f"Bearer {given['access_token']}"
        me = await rest("GET", "/users/@me", token=bearer)
        guilds = await rest("GET", "/users/@me/guilds", token=bearer)

        assert (status, given["token_type"], given["scope"]) == (200, "Bearer", "email identify")
        assert (me.body["username"], me.body["email"]) == ("ada", "ada@example.test")
        assert (guilds.status, guilds.body["code"]) == (401, 50025)

    async def test_is_given_once_for_a_code(self, token: Rest, code: str) -> None:
        await token(**redeem(code))

        status, refusal = await token(**redeem(code))

        assert (status, refusal["error"]) == (400, "invalid_grant")

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"code_verifier": "w" * 64}, "invalid_grant"),
            ({"redirect_uri": "http://localhost/other"}, "invalid_grant"),
            ({"client_secret": "guess"}, "invalid_client"),
            ({"grant_type": "password"}, "unsupported_grant_type"),
        ],
    )
    async def test_is_not_given_to_others(self, token: Rest, code: str, change: dict[str, str], error: str) -> None:
        _, refusal = await token(**redeem(code, **change))

        assert refusal["error"] == error

    async def test_is_not_given_late(self, token: Rest, code: str, clock: Any) -> None:
        clock.now += 61

        status, _ = await token(**redeem(code))

        assert status == 400

    async def test_turns_into_a_new_pair(self, token: Rest, code: str, rest: Rest) -> None:
        _, first = await token(**redeem(code))

        _, second = await token(grant_type="refresh_token", refresh_token=first["refresh_token"])
        again, _ = await token(grant_type="refresh_token", refresh_token=first["refresh_token"])

        assert (await rest("GET", "/users/@me", token=f"Bearer {second['access_token']}")).status == 200
        assert again == 400

    async def test_ends_when_revoked(self, token: Rest, code: str, rest: Rest) -> None:
        _, given = await token(**redeem(code))

        await token("/revoke", token=given["refresh_token"])

        assert (await rest("GET", "/users/@me", token=f"Bearer {given['access_token']}")).status == 401

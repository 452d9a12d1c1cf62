"""Discord as a login and as a link, against the simulator's OAuth2."""

import asyncio
import base64
import hashlib
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from auth.routes.cookies import JOURNEY
from auth.usecases.identities import CALLBACK
from chassis.settings import Secret
from discord_sim.stage import Stage

from .browser import WEB, Browser
from .conftest import StartAuth
from .people import EMAIL, ORIGIN, PASSWORD, Tokens
from .test_sessions import told


class TestLoggingInWithDiscord:
    async def test_sends_a_browser_that_comes_by_itself_on(self, ada: Browser) -> None:
        answer = await ada.auth.ask("GET", "/discord/start")

        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert answer.status_code == 302
        assert query["code_challenge_method"] == ["S256"]
        assert {"state", "code_challenge"} <= query.keys()

    async def test_makes_an_account_once_and_finds_it_again(self, ada: Browser) -> None:
        first, second = await ada.logs_in(), await ada.logs_in()

        assert first.user["id"] == second.user["id"]
        assert first.user["display_name"] == "Ada"
        assert first.user["identities"][0]["provider_user_id"] == str(ada.discord.id)
        assert await told(ada.auth, first) == ["auth.identity_linked.v1", "auth.user_registered.v1"]

    async def test_makes_no_account_where_registration_is_closed(self, start_auth: StartAuth, scene: Stage) -> None:
        closed = await start_auth(
            registration="closed",
            discord_url=scene.sim.url,
            discord_client_id=str(scene.bot.id),
            discord_client_secret=Secret(scene.bot.client_secret),
        )
        ada = Browser(closed, scene, "ada")

        answer = await ada.comes_back(await ada.goes_to_discord())

        assert answer.headers["location"] == "/spaces?error=registration_closed"
        assert await closed.rows("select id from users") == []

    async def test_asvs_6_8_1_is_never_merged_by_address(self, ada: Browser) -> None:
        mine = await ada.auth.person(str(ada.discord.email))

        theirs = await ada.logs_in()

        assert theirs.user["id"] != mine.user["id"]
        assert theirs.user["email"] is None

    async def test_goes_back_to_where_it_began(self, ada: Browser) -> None:
        answer = await ada.comes_back(await ada.goes_to_discord())

        assert (answer.status_code, answer.headers["location"]) == (302, "/spaces")

    @pytest.mark.parametrize(
        "evil", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "//["]
    )
    async def test_goes_back_to_no_other_site(self, ada: Browser, evil: str) -> None:
        answer = await ada.comes_back(await ada.goes_to_discord(return_to=evil))

        assert answer.headers["location"] == "/"

    async def test_a_denied_consent_is_told_to_the_page(self, ada: Browser) -> None:
        answer = await ada.comes_back(await ada.goes_to_discord(), approve=False)

        assert answer.headers["location"] == "/spaces?error=discord_refused"

    async def test_asvs_10_2_1_a_state_of_another_browser_is_refused(self, ada: Browser) -> None:
        url = await ada.goes_to_discord()
        location = ada.scene.sim.agree(url, user=ada.discord)
        ada.auth.client.cookies.clear()

        answer = await ada.auth.client.get(location)

        assert answer.json()["code"] == "journey_broken"

    async def test_asvs_10_2_1_a_swapped_state_is_refused(self, ada: Browser) -> None:
        first = await ada.goes_to_discord()
        await ada.goes_to_discord()

        answer = await ada.comes_back(first)

        assert answer.json()["code"] == "journey_broken"

    async def test_asvs_10_2_1_a_replayed_code_is_refused(self, ada: Browser) -> None:
        location = ada.scene.sim.agree(await ada.goes_to_discord(), user=ada.discord)
        cookies = dict(ada.auth.client.cookies)
        await ada.auth.client.get(location)
        ada.auth.client.cookies.update(cookies)

        assert (await ada.auth.client.get(location)).json()["code"] == "journey_broken"

    async def test_asvs_10_2_1_a_code_of_another_journey_is_refused(self, ada: Browser) -> None:
        stolen = parse_qs(urlsplit(ada.scene.sim.agree(await ada.goes_to_discord(), user=ada.discord)).query)["code"][0]
        mine = parse_qs(urlsplit(await ada.goes_to_discord()).query)["state"][0]

        answer = await ada.auth.client.get(f"{ORIGIN}{CALLBACK}?code={stolen}&state={mine}")

        assert answer.headers["location"] == "/spaces?error=discord_refused"

    async def test_asvs_16_3_1_a_refusal_stands_in_the_security_log(self, ada: Browser) -> None:
        await ada.comes_back(await ada.goes_to_discord(), approve=False)

        rows = await ada.auth.rows("select action, outcome, detail from security_log")
        assert rows == [{"action": "session.opened", "outcome": "refused", "detail": "discord: discord_refused"}]

    async def test_makes_one_account_of_somebody_who_comes_back_twice_at_once(self, ada: Browser) -> None:
        journeys: list[tuple[str, dict[str, str]]] = []
        for _ in range(4):
            location = ada.scene.sim.agree(await ada.goes_to_discord(), user=ada.discord)
            journeys.append((location, {"cookie": f"{JOURNEY}={ada.auth.client.cookies[JOURNEY]}"}))
        ada.auth.client.cookies.clear()

        answers = await asyncio.gather(*(ada.auth.client.get(url, headers=cookie) for url, cookie in journeys))

        assert {answer.headers.get("location") for answer in answers} == {"/spaces"}
        assert len(await ada.auth.rows("select * from users")) == 1

    async def test_goes_back_to_the_start_when_the_place_can_not_be_written_in_a_header(self, ada: Browser) -> None:
        answer = await ada.comes_back(await ada.goes_to_discord(return_to=quote("/räume/日本")))

        assert answer.headers["location"] == "/"

    async def test_says_so_when_discord_answers_what_nobody_understands(self, start_auth: StartAuth) -> None:
        async def answer_rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
            writer.close()

        server = await asyncio.start_server(answer_rubbish, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        auth = await start_auth(discord_url=url, discord_client_id="1", discord_client_secret=Secret("x"))
        started: str = (await auth.ask("GET", "/discord/start", Accept="application/json")).json()["authorize_url"]
        state = parse_qs(urlsplit(started).query)["state"][0]

        answer = await auth.ask("GET", f"/discord/callback?state={state}&code=any")

        assert answer.headers["location"] == "/?error=unavailable"
        server.close()

    async def test_its_tokens_are_not_readable_in_the_database(self, ada: Browser) -> None:
        await ada.logs_in()

        stored = (await ada.auth.rows("select tokens from identities"))[0]["tokens"]

        assert b"access_token" not in stored


class TestLinkingDiscord:
    async def test_gives_the_account_another_way_in(self, ada: Browser) -> None:
        ann = await ada.auth.person()
        url = await ada.goes_to_discord("link", token=ann.access_token)

        answer = await ada.comes_back(url)

        assert answer.headers["location"] == "/spaces?linked=discord"
        assert (await ada.logs_in()).user["id"] == ann.user["id"]

    async def test_does_not_take_what_belongs_to_somebody_else(self, ada: Browser) -> None:
        await ada.logs_in()
        ann = await ada.auth.person()

        answer = await ada.comes_back(await ada.goes_to_discord("link", token=ann.access_token))

        assert answer.headers["location"] == "/spaces?error=identity_taken"

    async def test_is_refused_to_who_is_not_logged_in(self, ada: Browser) -> None:
        assert (await ada.auth.ask("GET", "/discord/start?mode=link")).status_code == 401

    async def test_can_be_undone_and_is_told(self, ada: Browser) -> None:
        ann = await ada.auth.person()
        await ada.comes_back(await ada.goes_to_discord("link", token=ann.access_token))

        assert (await ada.auth.ask("DELETE", "/identities/discord", token=ann.access_token)).status_code == 204

        assert (await told(ada.auth, ann))[-1] == "auth.identity_unlinked.v1"

    async def test_cannot_be_undone_when_it_is_the_last_way_in(self, ada: Browser) -> None:
        me = await ada.logs_in()

        answer = await ada.auth.ask("DELETE", "/identities/discord", token=me.access_token)

        assert answer.json()["code"] == "last_way_in"


class TestTheLinkPage:
    """Where the button of `/link` leads. Its script does nothing but these calls."""

    @pytest.fixture
    async def ann(self, ada: Browser) -> Tokens:
        """Ada's account here, to which she logged in with this browser: the cookie is all that is left of it."""
        await ada.auth.person()
        await ada.auth.ask("POST", "/login", {"email": EMAIL, "password": PASSWORD}, **WEB)
        entered = (await ada.auth.ask("POST", "/refresh", **WEB)).json()
        return Tokens(entered["access_token"], "", entered["session_id"], entered["user"])

    async def linked(self, ada: Browser, ann: Tokens) -> list[str]:
        me = (await ada.auth.ask("GET", "/me", token=ann.access_token)).json()
        return [one["provider_user_id"] for one in me["identities"]]

    async def test_runs_its_own_script_only_and_in_no_frame(self, ada: Browser) -> None:
        answer = await ada.auth.ask("GET", "/discord/link")

        script = answer.text.partition("<script>")[2].partition("</script>")[0]
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = answer.headers["content-security-policy"]
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f"script-src 'sha256-{digest}';" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"

    async def test_links_the_account_of_who_is_logged_in_by_cookie(self, ada: Browser, ann: Tokens) -> None:
        meant = str(ada.discord.id)
        back = f"/api/v1/auth/discord/link?discord_id={meant}"
        url = await ada.goes_to_discord("link", quote(back), token=ann.access_token, meaning=meant)

        answer = await ada.comes_back(url)

        assert answer.headers["location"] == f"{back}&linked=discord"
        assert await self.linked(ada, ann) == [meant]

    async def test_links_no_other_account_than_the_one_that_typed_the_command(self, ada: Browser, ann: Tokens) -> None:
        url = await ada.goes_to_discord("link", token=ann.access_token, meaning="42")

        answer = await ada.comes_back(url)

        assert answer.headers["location"] == "/spaces?error=another_discord_account"
        assert await self.linked(ada, ann) == []

    @pytest.mark.parametrize("origin", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
    async def test_of_another_origin_gets_no_token(self, ada: Browser, ann: Tokens, origin: dict[str, str]) -> None:
        refreshed = await ada.auth.ask("POST", "/refresh", X_Client="web", **origin)
        by_cookie_alone = await ada.auth.ask("GET", "/discord/start?mode=link", **origin)

        assert refreshed.json()["code"] == "origin_refused"
        assert by_cookie_alone.status_code == 401

    async def test_asvs_10_2_1_links_nobody_whom_somebody_else_sent_to_discord(
        self, ada: Browser, ann: Tokens, scene: Stage
    ) -> None:
        eve = Browser(ada.auth, scene, "eve")
        location = scene.sim.agree(await ada.goes_to_discord("link", token=ann.access_token), user=eve.discord)
        ada.auth.client.cookies.clear()  # Eve's browser has its own

        answer = await ada.auth.client.get(location)

        assert answer.json()["code"] == "journey_broken"
        assert await self.linked(ada, ann) == []

    async def test_asvs_10_2_1_links_once(self, ada: Browser, ann: Tokens) -> None:
        location = ada.scene.sim.agree(await ada.goes_to_discord("link", token=ann.access_token), user=ada.discord)
        cookie = {"cookie": f"{JOURNEY}={ada.auth.client.cookies[JOURNEY]}"}
        first = await ada.auth.client.get(location, headers=cookie)
        await ada.auth.ask("DELETE", "/identities/discord", token=ann.access_token)

        assert first.headers["location"] == "/spaces?linked=discord"
        assert (await ada.auth.client.get(location, headers=cookie)).json()["code"] == "journey_broken"
        assert await self.linked(ada, ann) == []

    async def test_asvs_10_2_1_links_nothing_after_five_minutes(self, ada: Browser, ann: Tokens) -> None:
        location = ada.scene.sim.agree(await ada.goes_to_discord("link", token=ann.access_token), user=ada.discord)
        ada.auth.clock.advance(seconds=ada.auth.settings.challenge_seconds + 1)

        assert (await ada.auth.client.get(location)).json()["code"] == "journey_broken"

    async def test_asks_for_a_fresh_proof(self, ada: Browser, ann: Tokens) -> None:
        ada.auth.clock.advance(seconds=ada.auth.settings.step_up_seconds + 1)

        refused = await ada.auth.ask("GET", "/discord/start?mode=link", token=ann.access_token)
        proved = (await ada.auth.ask("POST", "/step-up", {"password": PASSWORD}, token=ann.access_token, **WEB)).json()

        assert refused.json()["code"] == "step_up_needed"
        assert await ada.goes_to_discord("link", token=proved["access_token"])


class TestBeginningJourneys:
    async def test_is_limited_for_a_network(self, start_auth: StartAuth) -> None:
        """Nobody fills the database by beginning what they never end."""
        auth = await start_auth(discord_client_id="1", journeys_per_network=2)

        answers = [await auth.ask("GET", "/discord/start", X_Forwarded_For="203.0.113.7") for _ in range(4)]
        elsewhere = await auth.ask("GET", "/discord/start", X_Forwarded_For="203.0.113.8")

        assert [answer.status_code for answer in answers] == [302, 302, 429, 429]
        assert answers[-1].headers["RateLimit-Policy"] == '"journey";q=2;w=900'
        assert elsewhere.status_code == 302
        assert len(await auth.rows("select 1 from challenges")) == 3

"""Sessions: refresh, log out, end from elsewhere, prove again; and how browsers keep theirs."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from contracts.registry import BY_TYPE

from .conftest import StartAuth
from .people import ORIGIN, PASSWORD, Auth, Tokens

REFRESH_PATHS = ["/api/v1/auth/logout", "/api/v1/auth/refresh"]


async def refreshed(auth: Auth, token: str) -> httpx.Response:
    return await auth.ask("POST", "/refresh", {"refresh_token": token})


async def is_over(auth: Auth, tokens: Tokens) -> bool:
    by_access = await auth.ask("GET", "/me", token=tokens.access_token)
    return by_access.status_code == 401


class TestRefresh:
    async def test_gives_a_new_pair_that_works(self, auth: Auth) -> None:
        ann = await auth.person()
        auth.clock.advance(minutes=1)

        answer = await refreshed(auth, ann.refresh_token)

        assert answer.status_code == 200
        assert answer.json()["refresh_token"] != ann.refresh_token
        me = await auth.ask("GET", "/me", token=answer.json()["access_token"])
        assert me.json()["display_name"] == "Ann"

    async def test_asked_at_once_from_everywhere_gives_the_same_pair(self, auth: Auth) -> None:
        ann = await auth.person()

        answers = await asyncio.gather(*(refreshed(auth, ann.refresh_token) for _ in range(8)))

        pairs = {(answer.json()["access_token"], answer.json()["refresh_token"]) for answer in answers}
        assert len(pairs) == 1

    async def test_asked_again_within_the_window_gives_the_same_pair(self, auth: Auth) -> None:
        ann = await auth.person()
        first = (await refreshed(auth, ann.refresh_token)).json()
        later = (await refreshed(auth, first["refresh_token"])).json()
        auth.clock.advance(seconds=29)

        again = (await refreshed(auth, ann.refresh_token)).json()

        assert again["access_token"] == first["access_token"]
        assert again["refresh_token"] == first["refresh_token"] != later["refresh_token"]

    async def test_asvs_10_4_5_a_spent_token_ends_the_session(self, auth: Auth) -> None:
        ann = await auth.person()
        fresh = (await refreshed(auth, ann.refresh_token)).json()
        auth.clock.advance(seconds=31)

        replayed = await refreshed(auth, ann.refresh_token)

        assert replayed.status_code == 401
        assert replayed.json()["code"] == "refresh_token_reused"
        assert (await refreshed(auth, fresh["refresh_token"])).status_code == 401
        assert (await auth.ask("GET", "/me", token=fresh["access_token"])).json()["code"] == "session_ended"

    async def test_asvs_10_4_5_the_end_is_told_at_once(self, auth: Auth) -> None:
        ann = await auth.person()
        await refreshed(auth, ann.refresh_token)
        auth.clock.advance(seconds=31)

        await refreshed(auth, ann.refresh_token)

        assert await told(auth, ann) == ["auth.user_registered.v1", "auth.session_revoked.v1"]

    async def test_nobody_can_end_a_session_by_knowing_its_id(self, auth: Auth) -> None:
        ann = await auth.person()
        forged = ann.refresh_token[:30] + "A" * (len(ann.refresh_token) - 30)

        answer = await refreshed(auth, forged)

        assert answer.json()["code"] == "refresh_token_invalid"
        assert not await is_over(auth, ann)

    async def test_asvs_10_4_8_has_an_end_however_often_it_is_used(self, start_auth: StartAuth) -> None:
        auth = await start_auth(session_days_max=3, session_idle_days=2)
        token = (await auth.person()).refresh_token
        for _ in range(2):
            auth.clock.advance(hours=35)
            token = (await refreshed(auth, token)).json()["refresh_token"]
        auth.clock.advance(hours=3)

        answer = await refreshed(auth, token)

        assert answer.json()["code"] == "refresh_token_invalid"

    async def test_asvs_7_3_1_ends_when_it_lies_idle(self, auth: Auth) -> None:
        ann = await auth.person()
        auth.clock.advance(days=auth.settings.session_idle_days, seconds=1)

        assert (await refreshed(auth, ann.refresh_token)).status_code == 401

    async def test_stores_no_token(self, auth: Auth) -> None:
        ann = await auth.person()
        successor = (await refreshed(auth, ann.refresh_token)).json()["refresh_token"]

        stored = repr(await auth.rows("select * from sessions"))

        assert ann.refresh_token not in stored
        assert successor not in stored


class TestLogOut:
    async def test_asvs_7_4_1_no_token_of_the_session_works_afterwards(self, auth: Auth) -> None:
        ann = await auth.person()

        assert (await auth.ask("POST", "/logout", token=ann.access_token)).status_code == 204

        assert await is_over(auth, ann)
        assert (await refreshed(auth, ann.refresh_token)).status_code == 401

    @pytest.mark.parametrize("left", ["access token", "refresh token", "cookie"])
    async def test_asvs_7_4_4_is_within_reach_with_whatever_is_left(self, auth: Auth, left: str) -> None:
        ann = await auth.person()
        if left == "cookie":
            await auth.try_login(X_Client="web", Origin=ORIGIN)
            entered = (await auth.ask("POST", "/refresh", X_Client="web", Origin=ORIGIN)).json()
            ann = Tokens(entered["access_token"], "", entered["session_id"], entered["user"])
            answer = await auth.ask("POST", "/logout", X_Client="web", Origin=ORIGIN)
        elif left == "access token":
            answer = await auth.ask("POST", "/logout", token=ann.access_token)
        else:
            answer = await auth.ask("POST", "/logout", {"refresh_token": ann.refresh_token})

        assert answer.status_code == 204
        assert await is_over(auth, ann)

    async def test_asvs_7_4_4_is_offered_by_the_page_on_which_one_signs_in(self, auth: Auth) -> None:
        page = (await auth.ask("GET", "/discord/link")).text

        assert 'id="leave"' in page
        assert 'call("POST", "/logout")' in page

    async def test_asvs_7_4_2_deleting_the_account_ends_all_sessions(self, auth: Auth) -> None:
        ann = await auth.person()
        elsewhere = await auth.login()

        assert (await auth.ask("DELETE", "/me", token=ann.access_token)).status_code == 204

        assert await is_over(auth, ann)
        assert await is_over(auth, elsewhere)


class TestSessionsPage:
    async def test_says_where_one_is_logged_in(self, auth: Auth) -> None:
        await auth.person()
        firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        ann = await auth.login(User_Agent=firefox, X_Forwarded_For="203.0.113.7")

        shown = (await auth.ask("GET", "/sessions", token=ann.access_token)).json()

        assert [one["current"] for one in shown] == [True, False]
        assert (shown[0]["device"], shown[0]["network"]) == ("Firefox on Linux", "203.0.113.7")
        assert {"created_at", "last_seen_at", "method", "id"} <= shown[0].keys()

    async def test_asvs_7_5_2_ends_one_of_them(self, auth: Auth) -> None:
        ann, elsewhere = await auth.person(), await auth.login()

        answer = await auth.ask("DELETE", f"/sessions/{elsewhere.session_id}", token=ann.access_token)

        assert answer.status_code == 204
        assert await is_over(auth, elsewhere)
        assert not await is_over(auth, ann)

    async def test_asvs_7_4_3_ends_all_others(self, auth: Auth) -> None:
        ann, elsewhere = await auth.person(), await auth.login()

        answer = await auth.ask("DELETE", "/sessions?except=current", token=ann.access_token)

        assert answer.status_code == 204
        assert await is_over(auth, elsewhere)
        assert not await is_over(auth, ann)

    async def test_asvs_7_5_2_needs_a_fresh_proof(self, auth: Auth) -> None:
        ann, elsewhere = await auth.person(), await auth.login()
        auth.clock.advance(minutes=11)

        paths = [f"/sessions/{elsewhere.session_id}", "/sessions?except=current"]
        answers = [await auth.ask("DELETE", path, token=ann.access_token) for path in paths]

        assert {answer.json()["code"] for answer in answers} == {"step_up_needed"}
        assert not await is_over(auth, elsewhere)

    async def test_does_not_end_those_of_others(self, auth: Auth) -> None:
        ann = await auth.person()
        eve = await auth.person("eve@example.org", "Eve")

        answer = await auth.ask("DELETE", f"/sessions/{ann.session_id}", token=eve.access_token)

        assert answer.status_code == 404
        assert not await is_over(auth, ann)


class TestHowManySessions:
    async def test_are_limited_and_the_one_that_lay_idle_longest_ends(self, start_auth: StartAuth) -> None:
        auth = await start_auth(sessions_per_user=3)
        await auth.register()
        used, idle, other = [await auth.login() for _ in range(3)]
        auth.clock.advance(minutes=1)
        await refreshed(auth, used.refresh_token)

        newest = await auth.login()

        assert [await is_over(auth, one) for one in (used, idle, other, newest)] == [False, True, False, False]
        assert "auth.session_revoked.v1" in await told(auth, newest)

    async def test_stay_limited_when_all_are_opened_at_once(self, start_auth: StartAuth) -> None:
        auth = await start_auth(sessions_per_user=3)
        await auth.register()

        await asyncio.gather(*(auth.login() for _ in range(8)))

        assert len(await auth.rows("select 1 from sessions where ended_at is null")) == 3


class TestStepUp:
    async def test_asvs_7_2_4_gives_a_new_session_and_ends_the_old(self, auth: Auth) -> None:
        ann = await auth.person()
        auth.clock.advance(minutes=11)

        answer = await auth.ask("POST", "/step-up", {"password": PASSWORD}, token=ann.access_token)

        assert answer.status_code == 200
        assert answer.json()["session_id"] != ann.session_id
        assert await is_over(auth, ann)
        export = await auth.ask("GET", "/me/export", token=answer.json()["access_token"])
        assert export.status_code == 200

    async def test_asvs_7_5_1_sensitive_changes_need_it(self, auth: Auth) -> None:
        ann = await auth.person()
        auth.clock.advance(minutes=11)

        calls: list[tuple[str, str, Any]] = [
            ("POST", "/email/change", {"email": "new@example.org"}),
            ("POST", "/totp/enrol", None),
            ("POST", "/totp/confirm", {"code": "000000"}),
            ("POST", "/totp/disable", None),
            ("POST", "/totp/recovery-codes", None),
            ("POST", "/passkeys/enrol", None),
            ("POST", "/passkeys", {"credential": {}}),
            ("DELETE", "/passkeys/AAAA", None),
            ("GET", "/discord/start?mode=link", None),
            ("DELETE", "/identities/discord", None),
            ("DELETE", "/me", None),
            ("GET", "/me/export", None),
        ]
        answers = [await auth.ask(method, path, body, token=ann.access_token) for method, path, body in calls]

        assert {answer.json()["code"] for answer in answers} == {"step_up_needed"}

    async def test_a_wrong_password_changes_nothing(self, auth: Auth) -> None:
        ann = await auth.person()

        answer = await auth.ask("POST", "/step-up", {"password": "wrong"}, token=ann.access_token)

        assert answer.status_code == 401
        assert not await is_over(auth, ann)


class TestBrowsers:
    async def test_get_the_refresh_token_as_a_cookie_only(self, auth: Auth) -> None:
        await auth.register()

        answer = await auth.try_login(X_Client="web", Origin=ORIGIN)

        assert "refresh_token" not in answer.json()
        cookies = [one for one in answer.headers.get_list("set-cookie") if one.startswith("guildhall_refresh=")]
        assert sorted(cookie.partition("Path=")[2].partition(";")[0] for cookie in cookies) == REFRESH_PATHS
        assert all("HttpOnly" in one and "Secure" in one and "SameSite=lax" in one for one in cookies)

    async def test_get_the_access_token_in_a_cookie_for_what_pages_show(self, auth: Auth) -> None:
        await auth.register()

        logged_in = await auth.try_login(X_Client="web", Origin=ORIGIN)
        refreshed = await auth.ask("POST", "/refresh", X_Client="web", Origin=ORIGIN)
        gone = await auth.ask("POST", "/logout", X_Client="web", Origin=ORIGIN)

        for answer in (logged_in, refreshed):
            cookies = [one for one in answer.headers.get_list("set-cookie") if one.startswith("guildhall_media=")]
            assert len(cookies) == 4
            assert all(one.startswith(f"guildhall_media={answer.json()['access_token']};") for one in cookies)
            assert all("HttpOnly" in one and "Secure" in one and "SameSite=strict" in one for one in cookies)
            assert all("Max-Age=600" in one and "Path=/api/v1/" in one for one in cookies)
        removed = [one for one in gone.headers.get_list("set-cookie") if one.startswith("guildhall_media=")]
        assert len(removed) == 4
        assert all("Max-Age=0" in one for one in removed)

    async def test_of_other_clients_get_no_cookie(self, auth: Auth) -> None:
        await auth.register()

        assert "set-cookie" not in (await auth.try_login()).headers

    async def test_refresh_and_log_out_by_it(self, auth: Auth) -> None:
        await auth.register()
        await auth.try_login(X_Client="web", Origin=ORIGIN)

        answer = await auth.ask("POST", "/refresh", X_Client="web", Origin=ORIGIN)
        gone = await auth.ask("POST", "/logout", X_Client="web", Origin=ORIGIN)

        assert (answer.status_code, gone.status_code) == (200, 204)
        assert (await auth.ask("POST", "/refresh", X_Client="web", Origin=ORIGIN)).status_code == 401

    async def test_pages_of_another_origin_cannot_use_it(self, auth: Auth) -> None:
        await auth.register()
        await auth.try_login(X_Client="web", Origin=ORIGIN)

        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
            answer = await auth.ask("POST", "/refresh", X_Client="web", **headers)
            assert answer.json()["code"] == "origin_refused"

    async def test_pages_of_another_origin_cannot_log_somebody_in(self, auth: Auth) -> None:
        await auth.register()

        answer = await auth.try_login(X_Client="web", Origin="https://evil.example")

        assert answer.json()["code"] == "origin_refused"
        assert "set-cookie" not in answer.headers


async def told(auth: Auth, who: Tokens) -> list[str]:
    """The types of the events of an account, each decoded as what it says it is."""
    rows = await auth.rows(
        "select type, data from log where topic = :topic order by seq", topic=f"account:{who.user['id']}"
    )
    for row in rows:
        assert set(json.loads(row["data"])) <= set(BY_TYPE[row["type"]].__struct_fields__)
    return [row["type"] for row in rows]

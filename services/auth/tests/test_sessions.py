"""Log in, refresh, log out."""

import asyncio

from .people import Auth


class TestRefresh:
    async def test_gives_a_new_pair_that_works(self, auth: Auth) -> None:
        ann = await auth.person()
        auth.clock.advance(minutes=1)

        answer = await auth.ask("POST", "/refresh", {"refresh_token": ann.refresh_token})

        assert answer.status_code == 200
        assert answer.json()["refresh_token"] != ann.refresh_token
        me = await auth.ask("GET", "/me", token=answer.json()["access_token"])
        assert me.json()["display_name"] == "Ann"

    async def test_asked_twice_at_once_gives_the_same_pair(self, auth: Auth) -> None:
        ann = await auth.person()

        answers = await asyncio.gather(
            *(auth.ask("POST", "/refresh", {"refresh_token": ann.refresh_token}) for _ in range(2))
        )

        first, second = (answer.json() for answer in answers)
        assert first["refresh_token"] == second["refresh_token"]
        assert first["access_token"] == second["access_token"]

    async def test_asvs_10_4_5_a_spent_token_ends_the_session(self, auth: Auth) -> None:
        ann = await auth.person()
        fresh = (await auth.ask("POST", "/refresh", {"refresh_token": ann.refresh_token})).json()
        auth.clock.advance(seconds=31)

        replayed = await auth.ask("POST", "/refresh", {"refresh_token": ann.refresh_token})

        assert replayed.status_code == 401
        assert replayed.json()["code"] == "refresh_token_reused"
        assert (await auth.ask("POST", "/refresh", {"refresh_token": fresh["refresh_token"]})).status_code == 401
        assert (await auth.ask("GET", "/me", token=fresh["access_token"])).json()["code"] == "session_ended"

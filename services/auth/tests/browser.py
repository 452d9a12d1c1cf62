"""Somebody with a browser and an account at Discord."""

import httpx

from auth.usecases.identities import CALLBACK
from discord_sim.entities import User
from discord_sim.stage import Stage

from .people import ORIGIN, Auth, Tokens

WEB = {"X_Client": "web", "Origin": ORIGIN}


class Browser:
    """Somebody with a browser, an account at Discord, and perhaps one here."""

    def __init__(self, auth: Auth, scene: Stage, name: str) -> None:
        self.auth = auth
        self.scene = scene
        self.discord: User = scene.sim.world.add_user(name, display_name=name.title())

    async def goes_to_discord(
        self, mode: str = "login", return_to: str = "/spaces", *, token: str = "", meaning: str = ""
    ) -> str:
        path = f"/discord/start?mode={mode}&return_to={return_to}&discord_id={meaning}"
        answer = await self.auth.ask("GET", path, token=token, Accept="application/json")
        assert answer.status_code == 200, answer.text
        return answer.json()["authorize_url"]

    async def comes_back(self, authorize_url: str, *, approve: bool = True) -> httpx.Response:
        location = self.scene.sim.agree(authorize_url, user=self.discord, approve=approve)
        assert location.startswith(ORIGIN + CALLBACK)
        return await self.auth.client.get(location)

    async def logs_in(self) -> Tokens:
        await self.comes_back(await self.goes_to_discord())
        answer = (await self.auth.ask("POST", "/refresh", **WEB)).json()
        return Tokens(answer["access_token"], "", answer["session_id"], answer["user"])

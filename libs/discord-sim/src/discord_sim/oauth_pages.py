"""The pages and endpoints of OAuth2: where a person agrees, where an application gets its tokens."""

import base64
import binascii
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from discord_sim.oauth import Asked, OAuth, OAuthRefusal

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Authorize {name}</title>
<style>body{{font:16px system-ui;max-width:28rem;margin:4rem auto}}button{{font:inherit;padding:.4rem 1rem}}</style>
<h1>{name} wants to access an account</h1><p>This will allow it to: {scopes}</p>
<form method="post"><label>Account <select name="user_id">{people}</select></label>
<p><button name="answer" value="approve">Authorize</button> <button name="answer" value="deny">Cancel</button></form>
"""


class OAuthPages:
    def __init__(self, oauth: OAuth) -> None:
        self.oauth = oauth

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth2/authorize", self.show),
            web.post("/oauth2/authorize", self.answer),
            web.get("/api{version:(?:/v[0-9]+)?}/oauth2/authorize", self.show),
            web.post("/api{version:(?:/v[0-9]+)?}/oauth2/token", self.token),
            web.post("/api{version:(?:/v[0-9]+)?}/oauth2/token/revoke", self.revoke),
        ]

    async def show(self, request: web.Request) -> web.Response:
        try:
            asked = self.oauth.ask(dict(request.query))
        except OAuthRefusal as refusal:
            return web.Response(status=400, text=str(refusal))
        people = "".join(
            f'<option value="{person.id}">{escape(person.display_name)}</option>'
            for person in self.oauth.world.users.values()
            if not person.bot
        )
        name, scopes = escape(asked.application.bot.name), escape(", ".join(sorted(asked.scopes)))
        page = PAGE.format(name=name, scopes=scopes, people=people)
        return web.Response(text=page, content_type="text/html")

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            asked = self.oauth.ask(dict(request.query))
        except OAuthRefusal as refusal:
            return web.Response(status=400, text=str(refusal))
        if form.get("answer") == "approve":
            back = self.oauth.approve(asked, user=self.oauth.world.users[int(str(form["user_id"]))])
        else:
            back = self.oauth.deny(asked)
        return web.Response(status=302, headers={"Location": location(asked, back)})

    async def token(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(self.oauth.token(await _form(request), basic=_basic(request)))
        except OAuthRefusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)

    async def revoke(self, request: web.Request) -> web.Response:
        try:
            self.oauth.revoke(await _form(request), basic=_basic(request))
        except OAuthRefusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        return web.json_response({})


def location(asked: Asked, parameters: dict[str, str]) -> str:
    """Where the person's browser goes next."""
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return f"{asked.redirect_uri}{joint}{urlencode(parameters)}"


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthRefusal("invalid_request", "The body must be application/x-www-form-urlencoded")
    return {name: str(value) for name, value in (await request.post()).items()}


def _basic(request: web.Request) -> tuple[str, str] | None:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise OAuthRefusal("invalid_client", "Unreadable credentials", status=401) from problem
    return name, secret

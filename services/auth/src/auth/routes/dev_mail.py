"""`/dev/mail`: the mails that would have been sent; in development only."""

import asyncio
from html import escape
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from auth.clients.postman import FolderPostman, ShownMail
from contracts.problems import NotFound

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail</title>
<style>body{{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}}
td,th{{padding:.2rem 1rem .2rem 0;text-align:left}}</style>
<h1>Mail</h1><p>What would have been sent, newest first.</p><table><tr><th>At<th>To<th>Subject</tr>{rows}</table>"""
ROW = '<tr><td>{at:%H:%M:%S}<td>{to}<td><a href="/dev/mail/{name}">{subject}</a></tr>'


def routes_for(postman: FolderPostman) -> list[HTTPRouteHandler]:
    @get("/dev/mail", include_in_schema=False)
    async def list_mail(request: Request[Any, Any, Any]) -> Response[Any]:
        """A page, or JSON for a program that asks for it."""
        mails = await asyncio.to_thread(postman.newest)
        if "application/json" in request.headers.get("accept", ""):
            return Response(mails)
        rows = "".join(
            ROW.format(at=mail.at, to=escape(mail.to), name=mail.name, subject=escape(mail.subject)) for mail in mails
        )
        return Response(PAGE.format(rows=rows), media_type=MediaType.HTML)

    @get("/dev/mail/{name:str}", include_in_schema=False)
    async def show_mail(name: FromPath[str]) -> Response[str]:
        mails: list[ShownMail] = await asyncio.to_thread(postman.newest)
        found = next((mail for mail in mails if mail.name == name), None)
        if found is None:
            raise NotFound
        return Response(found.html, media_type=MediaType.HTML)

    return [list_mail, show_mail]

"""The services, asked on behalf of a Discord user: one call for each operation."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import structlog

from chassis.http import Answer, ServiceClient, Tokens
from contracts.auth import MANAGES_GUILD, ON_BEHALF_OF
from contracts.problems import ProblemBody, Unavailable
from control_bot.domain.invocation import DiscordUser
from control_bot.domain.operations import Operation, request_of
from control_bot.domain.refusals import explain

log = structlog.get_logger()

T = TypeVar("T")


class Services:
    """Raises Refusal when the answer is no, Unavailable or TimeoutError when there is none."""

    def __init__(self, clients: Mapping[str, ServiceClient], *, tokens: Tokens, token_seconds_max: float) -> None:
        self._clients = clients
        self._tokens = tokens
        self._token_seconds_max = token_seconds_max

    async def perform(
        self, operation: Operation, expected: type[T], *, user: DiscordUser, key: str | None = None, **values: Any
    ) -> T:
        """Make the operation's call; with the same `key` it has its effect once."""
        request = request_of(operation, values)
        headers = {ON_BEHALF_OF: user.discord_id}
        if user.manages_guild is not None:
            headers[MANAGES_GUILD] = user.manages_guild
        if key is not None:
            headers["Idempotency-Key"] = key
        async with asyncio.timeout(self._token_seconds_max):  # also for those who wait until others have asked auth
            token = await self._tokens.token_for(request.service)
        answer = await self._clients[request.service].ask(
            request.method, request.path, body=request.body, params=request.params, token=token, headers=headers
        )
        if answer.status < 300:
            return answer.decode(expected)
        problem = _problem(answer, service=request.service)
        log.info("operation.refused", command=operation.command, code=problem.code, detail=problem.detail)
        raise explain(problem, operation)


def _problem(answer: Answer, *, service: str) -> ProblemBody:
    try:
        return answer.decode(ProblemBody)
    except msgspec.MsgspecError:
        raise Unavailable(f"{service} answered {answer.status}") from None

"""Let attempts through or not, and say in headers how many are left."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response

from auth.domain.attempts import Bucket, Standing, TooManyAttempts
from auth.usecases.tools import Tools
from chassis import problems
from contracts.problems import Problem, ProblemBody

AnyRequest = Request[Any, Any, Any]


async def admit(request: AnyRequest, tools: Tools, buckets: Sequence[Bucket]) -> Standing:
    """Count an attempt; raises `TooManyAttempts`. Whatever is answered then tells how many are left."""
    standing = await tools.throttle.admit(buckets)
    request.state.standing = standing
    return standing


def show_problem(request: AnyRequest, problem: Problem) -> Response[ProblemBody]:
    """As everywhere, with the limit that was counted against."""
    answer: Response[ProblemBody] = problems.HANDLERS[Problem](request, problem)
    standing = problem.standing if isinstance(problem, TooManyAttempts) else request.state.get("standing")
    if isinstance(standing, Standing):
        answer.headers.update(standing.headers())
    return answer

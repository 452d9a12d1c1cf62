"""What an operation may answer besides success, for the OpenAPI document."""

from typing import Final

from litestar.openapi import ResponseSpec

from chassis.problems import MEDIA_TYPE
from contracts.problems import ProblemBody

_ALWAYS: Final = (401, 503)
_MEANING: Final = {
    400: "The request is not valid",
    401: "A valid access token is required",
    403: "The caller does not have permission",
    404: "Not found, or not visible to the caller",
    409: "It conflicts with the current state",
    410: "It has ended",
    412: "It has been changed since it was loaded",
    413: "The body is too large",
    415: "The body must be JSON",
    503: "Part of the system is unavailable",
}


def answers(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that this operation documents, those that every operation may answer included."""
    wanted = {*_ALWAYS, *statuses}
    if 400 in wanted:
        wanted |= {413, 415}
    return {
        status: ResponseSpec(ProblemBody, generate_examples=False, description=_MEANING[status], media_type=MEDIA_TYPE)
        for status in sorted(wanted)
    }


def repeated(answer: type) -> dict[int, ResponseSpec]:
    """What a creating operation answers to a repeat with the same `Idempotency-Key`."""
    return {200: ResponseSpec(answer, generate_examples=False, description="It was made before, with the same key")}

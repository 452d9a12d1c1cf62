"""What the edge refuses by itself."""

from contracts.problems import Kind, Problem


class HeadTooLarge(Problem):
    code, kind, title = "head_too_large", Kind.HEAD_TOO_LARGE, "The request's headers are larger than the limit"
    advice = "Send fewer and shorter headers; cookies of this address may have piled up."


class RequestTooSlow(Problem):
    code, kind, title = "request_too_slow", Kind.TOO_SLOW, "The request did not arrive in time"
    advice = "Repeat it on a better connection; large files go up in parts."

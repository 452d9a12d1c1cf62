"""What the edge refuses by itself."""

from contracts.problems import Kind, Problem


class HeadTooLarge(Problem):
    code, kind, title = "head_too_large", Kind.HEAD_TOO_LARGE, "The request's headers are larger than the limit"
    advice = "Send fewer and shorter headers. Clear the cookies of this address."


class RequestTooSlow(Problem):
    code, kind, title = "request_too_slow", Kind.TOO_SLOW, "The request did not arrive in time"
    advice = "Repeat it on a faster connection, or upload large files in parts."

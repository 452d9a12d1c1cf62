"""What to do when the voice gateway closes: Discord's table of close codes, as decisions."""

from enum import Enum, auto

from voice.events import Reason


class Step(Enum):
    RESUME = auto()
    """The session is still there: the same server, op 7."""
    RENEW = auto()
    """The session is gone: leave, join again, and identify with what the main gateway answers."""
    AWAIT = auto()
    """We were moved or disconnected: the main gateway says where to, or nothing."""
    STOP = auto()


CUT = 1006
"""Closed without a word: what a broken network looks like."""

UNKNOWN_MODE = 4016

_STEPS = {
    1000: Step.RENEW,
    4001: Step.RENEW,  # unknown opcode
    4002: Step.RENEW,  # failed to decode
    4003: Step.RENEW,  # not authenticated
    4004: Step.RENEW,  # authentication failed
    4005: Step.RENEW,  # already authenticated
    4006: Step.RENEW,  # session no longer valid
    4009: Step.RENEW,  # session timed out
    4011: Step.RENEW,  # server not found
    4012: Step.STOP,  # unknown protocol
    4014: Step.AWAIT,  # disconnected, moved, or the main session was lost
    4015: Step.RESUME,  # the voice server crashed
    UNKNOWN_MODE: Step.STOP,  # unknown encryption mode
    4017: Step.STOP,  # end-to-end encryption required
    4020: Step.RENEW,  # bad request
    4021: Step.STOP,  # rate limited
    4022: Step.STOP,  # the call ended
}
_REASONS = {4014: Reason.DISCONNECTED, 4021: Reason.RATE_LIMITED, 4022: Reason.CALL_ENDED}


def step_after(close_code: int) -> Step:
    """Codes that nobody has written down yet: below 4000 they are the network's, above they are Discord's."""
    return _STEPS.get(close_code, Step.RESUME if close_code < 4000 else Step.RENEW)


def reason_of(close_code: int) -> Reason:
    return _REASONS.get(close_code, Reason.REFUSED)

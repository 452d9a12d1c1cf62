"""What to do when the voice gateway closes: Discord's table of close codes, as decisions.

Sources: "docs" is discord-api-docs, opcodes-and-status-codes (voice close event codes); "userdoccers" the unofficial
documents; and what discord.js (voice 0.19), discord.py (2.7), py-cord (2.8) and JDA (6) do. docs/discord.md has the
table with the simulator's side of it; a test holds the three together.
"""

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

STEPS = {
    1000: Step.RENEW,  # JDA: they missed our heartbeats; discord.py gives up; not resumable for any of them
    1001: Step.RESUME,  # RFC 6455: going away, a server that restarts; discord.js resumes below 4000
    CUT: Step.RESUME,  # discord.js, JDA: resume
    4001: Step.RENEW,  # docs: unknown opcode; discord.js, discord.py: join again
    4002: Step.RENEW,  # docs: failed to decode; as 4001
    4003: Step.RENEW,  # docs: not authenticated; as 4001
    4004: Step.RENEW,  # docs: wrong token, so get another; discord.js, discord.py: join again; JDA: stop
    4005: Step.RENEW,  # docs: already authenticated; as 4001
    4006: Step.RENEW,  # docs: session no longer valid; all four: join again
    4009: Step.RENEW,  # docs: session timeout; discord.js, discord.py: join again; JDA: resume
    4011: Step.RENEW,  # docs: server not found; all four: join again
    4012: Step.STOP,  # docs: unknown protocol, which asking again does not change
    4013: Step.RESUME,  # userdoccers: WebRTC crashed, try resuming; in no library
    4014: Step.AWAIT,  # docs: kicked or main session lost; discord.py, py-cord: or moved, wait for a server update
    4015: Step.RESUME,  # docs: voice server crashed, try resuming; discord.js, discord.py, py-cord do
    UNKNOWN_MODE: Step.STOP,  # docs: unknown encryption mode, which asking again does not change
    4017: Step.STOP,  # docs: DAVE required, which we said we speak
    4020: Step.RENEW,  # docs: bad request; discord.js, discord.py: join again; JDA: resume
    4021: Step.STOP,  # docs: rate limited, should not reconnect; discord.js, discord.py, py-cord stop
    4022: Step.AWAIT,  # docs: call ended, or voice server changed; discord.py, py-cord, JDA: as 4014
}
_REASONS = {4014: Reason.DISCONNECTED, 4021: Reason.RATE_LIMITED, 4022: Reason.CALL_ENDED}


def step_after(close_code: int) -> Step:
    """Codes that are in no document: below 4000 they are the network's, above they are Discord's."""
    return STEPS.get(close_code, Step.RESUME if close_code < 4000 else Step.RENEW)


def reason_of(close_code: int) -> Reason:
    return _REASONS.get(close_code, Reason.REFUSED)

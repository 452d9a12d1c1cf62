"""One small shape over the MLS stacks that can do DAVE, and Discord's own one (libdave) behind it."""

import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

import dave

PROTOCOL_VERSION = 1
KEY_OVERLAP_SECONDS = 10.0
"""How long frames of an older epoch are opened after a newer one has come."""
MARKER = b"\xfa\xfa"
MIN_SUPPLEMENT_BYTES = 12
"""Tag (8), nonce (at least 1), the supplement's own size (1), marker (2)."""
MIN_EXTERNAL_SENDER_BYTES = 4
MIN_PROPOSALS_BYTES = 2
MIN_COMMIT_BYTES = 4
MIN_WELCOME_BYTES = 4


# libdave logs each frame that it cannot open; here they are counted by their cause.
logging.getLogger("dave").setLevel(logging.CRITICAL)


class Outcome(Enum):
    ENTERED = auto()
    IGNORED = auto()
    """For another group or epoch: nothing changes, and no answer is due."""
    REJECTED = auto()
    """We cannot follow: ask to be taken out and put back."""


class EndToEnd(Protocol):
    """Our membership of the encrypted group. Bytes may be anything: no length crashes it, none raises."""

    def restart(self) -> bytes | None:
        """Forget the group, keep the keys of those who still speak; answers a fresh key package."""
        ...

    def external_sender(self, package: bytes) -> None: ...

    def proposals(self, payload: bytes, *, users: set[int]) -> bytes | None:
        """Commit and Welcome, when there is something to commit. `users` are those whom the gateway has named."""
        ...

    def commit(self, commit: bytes, *, users: set[int]) -> Outcome: ...

    def welcome(self, welcome: bytes, *, users: set[int]) -> Outcome: ...

    def open(self, user_id: int, frame: bytes) -> bytes | None:
        """None when no key of this user opens the frame, yet, or it is not sealed."""
        ...

    def forget(self, user_id: int) -> None:
        """Nothing more comes from this user."""
        ...


MakeEndToEnd = Callable[[int, int], EndToEnd]
"""From our user id and the channel's id."""


def is_sealed(frame: bytes) -> bool:
    """Whether the frame ends as DAVE's frames do."""
    size = len(frame)
    return size >= MIN_SUPPLEMENT_BYTES and frame[-2:] == MARKER and MIN_SUPPLEMENT_BYTES <= frame[-3] <= size


class Libdave:
    """One decryptor per speaker, ours, so that a leaver's frames in flight still open."""

    def __init__(self, user_id: int, channel_id: int) -> None:
        self._user_id, self._channel_id = user_id, channel_id
        self._session = dave.Session(_ignore_failure)
        self._session.init(PROTOCOL_VERSION, channel_id, str(user_id))
        self._sender: bytes | None = None
        self._decryptors: dict[int, dave.Decryptor] = {}

    def restart(self) -> bytes | None:
        self._session.reset()
        self._session.init(PROTOCOL_VERSION, self._channel_id, str(self._user_id))
        if self._sender:
            self._session.set_external_sender(self._sender)
        return self._session.get_marshalled_key_package()

    def external_sender(self, package: bytes) -> None:
        if len(package) >= MIN_EXTERNAL_SENDER_BYTES:
            self._sender = package
            self._session.set_external_sender(package)

    def proposals(self, payload: bytes, *, users: set[int]) -> bytes | None:
        if len(payload) < MIN_PROPOSALS_BYTES:
            return None
        # After a revoke libdave answers an empty commit, which must not be sent.
        return self._session.process_proposals(payload, self._names(users)) or None

    def commit(self, commit: bytes, *, users: set[int]) -> Outcome:
        if len(commit) < MIN_COMMIT_BYTES:
            return Outcome.REJECTED
        roster = self._session.process_commit(commit)
        if roster is dave.RejectType.ignored:
            return Outcome.IGNORED
        return self._entered(users) if isinstance(roster, dict) else Outcome.REJECTED

    def welcome(self, welcome: bytes, *, users: set[int]) -> Outcome:
        if len(welcome) < MIN_WELCOME_BYTES:
            return Outcome.REJECTED
        roster = self._session.process_welcome(welcome, self._names(users))
        return Outcome.REJECTED if roster is None else self._entered(users)

    def open(self, user_id: int, frame: bytes) -> bytes | None:
        decryptor = self._decryptors.get(user_id)
        if decryptor is None or not is_sealed(frame):
            return None
        return decryptor.decrypt(dave.MediaType.audio, frame)

    def forget(self, user_id: int) -> None:
        self._decryptors.pop(user_id, None)

    def _entered(self, users: set[int]) -> Outcome:
        for user_id in users:
            ratchet = self._session.get_key_ratchet(str(user_id))
            if ratchet is not None and user_id != self._user_id:
                decryptor = self._decryptors.setdefault(user_id, dave.Decryptor())
                decryptor.transition_to_key_ratchet(ratchet, KEY_OVERLAP_SECONDS)
        return Outcome.ENTERED

    def _names(self, users: set[int]) -> set[str]:
        return {str(user_id) for user_id in users | {self._user_id}}


def _ignore_failure(_source: str, _reason: str) -> None:
    """What fails is told by the answers."""

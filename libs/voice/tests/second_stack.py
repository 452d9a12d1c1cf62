"""The same shape over davey (OpenMLS), so that what we ask of a stack is DAVE and not the ways of one library."""

from collections.abc import Callable

import davey

from voice.encryption import MIN_COMMIT_BYTES, MIN_EXTERNAL_SENDER_BYTES, MIN_PROPOSALS_BYTES, Outcome, is_sealed


class Davey:
    def __init__(self, user_id: int, channel_id: int) -> None:
        self._user_id, self._channel_id = user_id, channel_id
        self._session = davey.DaveSession(davey.DAVE_PROTOCOL_VERSION, user_id, channel_id)
        self._sender: bytes | None = None

    def restart(self) -> bytes | None:
        self._session.reinit(davey.DAVE_PROTOCOL_VERSION, self._user_id, self._channel_id)
        if self._sender:
            self._session.set_external_sender(self._sender)
        return self._session.get_serialized_key_package()

    def external_sender(self, package: bytes) -> None:
        if len(package) < MIN_EXTERNAL_SENDER_BYTES:
            return
        try:
            self._session.set_external_sender(package)
        except ValueError:
            return
        self._sender = package

    def proposals(self, payload: bytes, *, users: set[int]) -> bytes | None:
        if len(payload) < MIN_PROPOSALS_BYTES or payload[0] > 1:
            return None
        operation = davey.ProposalsOperationType.revoke if payload[0] else davey.ProposalsOperationType.append
        try:
            made = self._session.process_proposals(operation, payload[1:], sorted(users | {self._user_id}))
        except ValueError:
            return None
        return None if made is None else made.commit + (made.welcome or b"")

    def commit(self, commit: bytes, *, users: set[int]) -> Outcome:
        if len(commit) < MIN_COMMIT_BYTES:
            return Outcome.REJECTED
        return self._attempt(self._session.process_commit, commit)

    def welcome(self, welcome: bytes, *, users: set[int]) -> Outcome:
        return self._attempt(self._session.process_welcome, welcome)

    def open(self, user_id: int, frame: bytes) -> bytes | None:
        if not is_sealed(frame):
            return None
        try:
            return self._session.decrypt(user_id, davey.MediaType.audio, frame)
        except ValueError:
            return None

    def forget(self, user_id: int) -> None:
        pass

    def _attempt(self, process: Callable[[bytes], None], message: bytes) -> Outcome:
        try:
            process(message)
        except ValueError:
            return Outcome.REJECTED
        return Outcome.ENTERED

"""Who is present in a space: over all devices, all gateways, and what that adds up to."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

State = Literal["active", "idle", "offline"]

STRENGTH: Final[Mapping[State, int]] = {"offline": 0, "idle": 1, "active": 2}


def strongest(states: Sequence[State]) -> State:
    """Somebody is as present as on the device where they are most so."""
    return "active" if "active" in states else "idle" if "idle" in states else "offline"


class Space:
    """What every gateway says of the people of one space."""

    def __init__(self) -> None:
        self.is_told = True
        """Whether watchers know who is here; not where there are too many."""
        self._said: dict[str, dict[str, State]] = {}

    def state_of(self, user_id: str) -> State:
        return strongest(list(self._said.get(user_id, {}).values()))

    def people(self) -> dict[str, State]:
        return {user_id: self.state_of(user_id) for user_id in self._said}

    def gateways(self) -> set[str]:
        return {gateway for said in self._said.values() for gateway in said}

    def say(self, user_id: str, gateway: str, state: State) -> bool:
        """Take what one gateway says; tells whether it makes a difference to what the person is."""
        before = self.state_of(user_id)
        said = self._said.setdefault(user_id, {})
        if state == "offline":
            said.pop(gateway, None)
        else:
            said[gateway] = state
        if not said:
            del self._said[user_id]
        return self.state_of(user_id) != before

    def forget(self, gateway: str) -> list[str]:
        """A gateway is no more; gives those whom that changes."""
        return [user_id for user_id in list(self._said) if self.say(user_id, gateway, "offline")]

    def replace(self, other: "Space") -> list[str]:
        """Take over a fresh reading; gives those whom that changes."""
        before, after = self.people(), other.people()
        self._said = other._said  # noqa: SLF001  of the same class
        return [one for one in before.keys() | after.keys() if before.get(one) != after.get(one)]

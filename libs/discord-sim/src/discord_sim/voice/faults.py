"""What may go wrong on the way from a speaker to a receiver, and where the server insists.

All that goes wrong is off until it is turned on; all insisting is on until it is turned off.
"""

import random

import msgspec


class Faults(msgspec.Struct, kw_only=True):
    """Chances are between 0 and 1, for each packet and each receiver, from one seeded source."""

    loss: float = 0.0
    corrupt: float = 0.0
    """The packet arrives, and no key opens it."""
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_seconds: float = 0.03
    padding: float = 0.0
    extension: float = 0.0
    foreign: float = 0.0
    """Before the packet comes one of a camera, of a retransmission stream, or of RTCP."""
    near_zero: float = 0.0
    """Before the packet come datagrams of almost nothing."""
    late_speaking_seconds: float = 0.0
    """How much later than the first packet the others are told whose it is (op 5)."""
    broken_commits: set[int] = set()
    """Users to whom the next announced commit comes broken, once."""
    cut_off: set[int] = set()
    """Users to and from whom nothing comes by UDP; their sockets are well."""
    sender_first: bool = False
    """The external sender (op 25) comes before the session description (op 4)."""
    strict: bool = True
    """No audio reaches a client that has never sent op 5 (discord-api-docs #808)."""
    remove_severed: bool = True
    """A client whose socket broke has left, to the others and in the encrypted group; its session may be resumed all
    the same, and is out of the group then, until it asks to be put back."""
    source: random.Random = msgspec.field(default_factory=lambda: random.Random(0))  # noqa: S311 - must repeat

    def strikes(self, chance: float) -> bool:
        return chance > 0 and self.source.random() < chance

    def clear(self) -> None:
        """All of it off."""
        untouched = Faults()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(untouched, name))

"""Discord without Discord: REST, gateway, voice and people, in one process, for tests, demos and bot writers."""

from discord_sim.simulator import Simulator

__all__ = ["Simulator"]

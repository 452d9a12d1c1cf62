"""What every use case may touch."""

from urllib.parse import urlencode

import msgspec

from contracts.ids import RecordingId
from control_bot.clients.services import Services
from control_bot.settings import Settings
from control_bot.store.cache import RecordingCache
from control_bot.store.suggestions import Suggestions


class Context(msgspec.Struct, frozen=True):
    services: Services
    cache: RecordingCache
    suggestions: Suggestions
    settings: Settings

    def recording_address(self, recording_id: RecordingId) -> str:
        """Where people hear it."""
        return self.address(f"/recordings/{recording_id}")

    def address(self, path: str, **params: str) -> str:
        """In people's browsers."""
        query = f"?{urlencode(params)}" if params else ""
        return self.settings.public_url.rstrip("/") + path + query

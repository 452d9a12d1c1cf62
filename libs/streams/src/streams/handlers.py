"""Which function handles which event; the event's type is the only key."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from contracts.events import Envelope, Event

ContextT = TypeVar("ContextT")
EventT = TypeVar("EventT", bound=Event)
Handler = Callable[[ContextT, EventT], Awaitable[None]]


class Handlers(Generic[ContextT]):
    """What a reader does with events; `ContextT` is what a handler may touch (a transaction, a hub)."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[msgspec.json.Decoder[Any], Callable[[ContextT, Any], Awaitable[None]]]] = {}

    def on(self, event: type[EventT]) -> Callable[[Handler[ContextT, EventT]], Handler[ContextT, EventT]]:
        """Marks the one function that handles this event. A second one is a `ValueError`, at import."""

        def register(handler: Handler[ContextT, EventT]) -> Handler[ContextT, EventT]:
            if event.TYPE in self._handlers:
                raise ValueError(f"{event.TYPE} has a handler already")
            self._handlers[event.TYPE] = msgspec.json.Decoder(event), handler
            return handler

        return register

    def wants(self, event_type: str) -> bool:
        """Whether an event of this type has a handler."""
        return event_type in self._handlers

    async def handle(self, context: ContextT, envelope: Envelope) -> None:
        """Decode and call. Unknown types pass silently; what cannot be decoded raises `msgspec.MsgspecError`."""
        known = self._handlers.get(envelope.type)
        if known is not None:
            decoder, handler = known
            await handler(context, decoder.decode(envelope.data))

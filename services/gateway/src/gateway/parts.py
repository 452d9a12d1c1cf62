"""What the gateway is made of while it runs."""

import msgspec

from gateway.forward.edge import Edge
from gateway.realtime.handover import Acceptor
from gateway.realtime.hub import Hub


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Made when the application starts; what serves the port takes its halves from here."""

    edge: Edge
    acceptor: Acceptor
    hub: Hub

"""Where a request comes from, and as whose it is counted."""

import ipaddress

import msgspec

from chassis.tokens import Caller


class Client(msgspec.Struct, frozen=True):
    """The `address` that services are told, and the `key` by which requests are counted: a person, or a network."""

    address: str
    key: str
    is_person: bool = False


def client_of(address: str, caller: Caller | None = None) -> Client:
    if caller is not None:
        return Client(address, f"user:{caller.user_id}", is_person=True)
    return Client(address, f"network:{network_of(address)}")


def network_of(address: str) -> str:
    """What is limited as one: an IPv4 address, or the /64 that a household gets of IPv6."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address

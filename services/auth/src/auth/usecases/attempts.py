"""Who may try how often: guesses by (address, network), by network and by address; a known device by itself."""

from datetime import timedelta

from auth.domain.attempts import Bucket, anonymous, known_device, new_device_token
from auth.domain.visits import Visit
from auth.usecases.tools import Tools
from contracts.ids import UserId


def of_login(tools: Tools, *, visit: Visit, email_key: str) -> list[Bucket]:
    """A device on which this address was logged in before is counted apart: nobody else can fill its bucket."""
    settings, address = tools.settings, anonymous(email_key)
    window = settings.guess_window_seconds
    kept = timedelta(days=settings.device_days)
    device = known_device(visit.device_token, email_key, key=tools.device_key, at=tools.clock(), kept=kept)
    if device is not None:
        return [Bucket(f"device:{device}", settings.guesses_per_device, window)]
    return [
        Bucket(f"login:{address}:{visit.network}", settings.guesses_per_address_and_network, window),
        Bucket(f"network:{visit.network}", settings.guesses_per_network, window),
        Bucket(f"address:{address}", settings.guesses_per_address, settings.guess_window_of_address_seconds),
    ]


def of_proof(tools: Tools, *, user_id: UserId) -> list[Bucket]:
    """Guesses by somebody who is logged in already: a stolen access token must not open the password."""
    return [Bucket(f"proof:{user_id}", tools.settings.guesses_per_device, tools.settings.guess_window_seconds)]


def of_second_factor(tools: Tools, *, user_id: UserId) -> list[Bucket]:
    """Guesses at the second factor by somebody whom Discord has let in."""
    return [Bucket(f"second:{user_id}", tools.settings.guesses_per_device, tools.settings.guess_window_seconds)]


def of_registration(tools: Tools, *, visit: Visit, email_key: str) -> list[Bucket]:
    """Every registration sends a mail, to whomever the address belongs."""
    network = Bucket(f"registration:{visit.network}", tools.settings.registrations_per_network, 3600)
    return [network, *of_mail(tools, visit=visit, email_key=email_key)]


def of_mail(tools: Tools, *, visit: Visit, email_key: str) -> list[Bucket]:
    """Mail that anybody may ask to be sent to an address."""
    settings, address = tools.settings, anonymous(email_key)
    return [
        Bucket(f"mail:{address}:{visit.network}", settings.mails_per_address_and_network, 3600),
        Bucket(f"mails:{visit.network}", settings.mails_per_network, 3600),
        Bucket(f"mailbox:{address}", settings.mails_per_address, 3600),
    ]


def of_link(tools: Tools, *, visit: Visit) -> list[Bucket]:
    """Guesses at what a mailed link carries."""
    return [Bucket(f"link:{visit.network}", tools.settings.guesses_per_network, tools.settings.guess_window_seconds)]


def of_journey(tools: Tools, *, visit: Visit) -> list[Bucket]:
    """Journeys to Discord, each of which leaves something to be remembered until it ends."""
    settings = tools.settings
    return [Bucket(f"journey:{visit.network}", settings.journeys_per_network, settings.guess_window_seconds)]


def device_token_for(tools: Tools, *, visit: Visit, email_key: str) -> str | None:
    """A token for a device that has none for this address yet."""
    kept = timedelta(days=tools.settings.device_days)
    if known_device(visit.device_token, email_key, key=tools.device_key, at=tools.clock(), kept=kept):
        return None
    return new_device_token(email_key, key=tools.device_key)

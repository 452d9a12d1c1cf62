"""Development or production: chosen by who can reach this installation, and said in one line."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from launcher.failures import LaunchError

DEVELOPMENT = "development"
PRODUCTION = "production"
# Where the edge listens, and where auth does, which shows the mails.
_BINDS = ("BIND_HOST", "GATEWAY_HOST", "AUTH_HOST")


def choose(given: Mapping[str, str]) -> str:
    """Development when PUBLIC_URL and every bind are loopback, or not given; production otherwise.

    Raises LaunchError when development was asked for where others could reach it.
    """
    outside = _reachable_by(given)
    asked = given.get("ENVIRONMENT") or (PRODUCTION if outside else DEVELOPMENT)
    if asked not in {DEVELOPMENT, PRODUCTION}:
        raise LaunchError(f"ENVIRONMENT={asked} is unknown: set {DEVELOPMENT} or {PRODUCTION}, or leave it out")
    if asked == DEVELOPMENT and outside:
        raise LaunchError(
            f"ENVIRONMENT={DEVELOPMENT} shows everyone's mails, reset links included, and {outside} is not loopback: "
            f"leave out ENVIRONMENT, or leave out {outside.partition('=')[0]}"
        )
    return asked


def describe(environ: Mapping[str, str]) -> str:
    """One line: which mode this is, what it means, and what a production installation still lacks."""
    url = environ["PUBLIC_URL"]
    if environ["ENVIRONMENT"] == DEVELOPMENT:
        return (
            f"development mode: for this machine alone; mails are shown at {url}/dev/mail, "
            "and addresses need no verification"
        )
    outside = _reachable_by(environ)
    because = f" ({outside} is not loopback)" if outside else ""
    verifies = environ.get("AUTH_REQUIRE_VERIFIED_EMAIL", "true") != "false"
    missing: list[str] = []
    if urlsplit(url).scheme != "https":
        missing.append("PUBLIC_URL is not https, which passkeys and secure cookies need")
    if not environ.get("AUTH_SMTP_URL"):
        stuck = " and new accounts can't verify their address" if verifies else ""
        missing.append(f"AUTH_SMTP_URL is not set, so no mail is sent{stuck}")
    lacks = f". Missing: {'; '.join(missing)}" if missing else ""
    verified = "addresses must be verified" if verifies else "addresses need no verification"
    return f"production mode{because}: mails go by SMTP, {verified}{lacks}"


def _reachable_by(given: Mapping[str, str]) -> str:
    """The setting that lets others than this machine in; empty when there is none."""
    url = given.get("PUBLIC_URL", "")
    if url and not _is_loopback(urlsplit(url).hostname or ""):
        return f"PUBLIC_URL={url}"
    return next((f"{name}={given[name]}" for name in _BINDS if given.get(name) and not _is_loopback(given[name])), "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

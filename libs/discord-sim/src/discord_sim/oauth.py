"""OAuth2 for linking accounts: a person allows an application to see who they are. Codes work once; PKCE is S256."""

import base64
import hashlib
import hmac

import msgspec

from discord_sim.entities import Application, Json, User
from discord_sim.world import World

CODE_LIVES_S = 60.0
TOKEN_LIVES_S = 604_800
SCOPES = frozenset(
    {"identify", "email", "guilds", "guilds.members.read", "connections", "bot", "applications.commands"}
)


class OAuthRefusal(Exception):
    """RFC 6749's own shape of refusal: `{error, error_description}`."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body: Json = {"error": error, "error_description": description}


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has allowed an application to see of them."""

    user: User
    application: Application
    scopes: frozenset[str]
    expires_at: float


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A checked authorization request, before the person has answered."""

    application: Application
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    challenge: str | None


class Code(msgspec.Struct, frozen=True, kw_only=True):
    asked: Asked
    user: User
    expires_at: float


class OAuth:
    def __init__(self, world: World) -> None:
        self.world = world
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def ask(self, query: dict[str, str]) -> Asked:
        """Read an authorization URL. Whatever is wrong with it is shown to the person, never sent to the redirect."""
        application = self._application(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in application.redirect_uris:
            raise OAuthRefusal("invalid_request", "Invalid OAuth2 redirect_uri")
        if query.get("response_type") != "code":
            raise OAuthRefusal("unsupported_response_type", "Only response_type=code is supported")
        scopes = frozenset(query.get("scope", "").split())
        if not scopes or scopes - SCOPES:
            raise OAuthRefusal("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        challenge = query.get("code_challenge")
        if challenge and query.get("code_challenge_method") != "S256":
            raise OAuthRefusal("invalid_request", "code_challenge_method must be S256")
        return Asked(
            application=application,
            redirect_uri=redirect_uri,
            scopes=scopes,
            state=query.get("state"),
            challenge=challenge,
        )

    def approve(self, asked: Asked, *, user: User) -> dict[str, str]:
        """The person agrees: the parameters to send them back with."""
        code = self.world.secret(15)
        self._codes[code] = Code(asked=asked, user=user, expires_at=self.world.clock() + CODE_LIVES_S)
        return {"code": code} | _state(asked)

    @staticmethod
    def deny(asked: Asked) -> dict[str, str]:
        description = "The resource owner or authorization server denied the request"
        return {"error": "access_denied", "error_description": description} | _state(asked)

    def token(self, form: dict[str, str], *, basic: tuple[str, str] | None) -> Json:
        """The token endpoint: a code or a refresh token in, a new pair out."""
        application = self._authenticate(form, basic=basic)
        match form.get("grant_type"):
            case "authorization_code":
                return self._issue(self._redeem(application, form))
            case "refresh_token":
                grant = self._refresh.pop(form.get("refresh_token", ""), None)
                if grant is None or grant.application.id != application.id:
                    raise OAuthRefusal("invalid_grant", 'Invalid "refresh_token" in request.')
                return self._issue(grant)
            case _:
                raise OAuthRefusal("unsupported_grant_type", "The grant type is not supported.")

    def revoke(self, form: dict[str, str], *, basic: tuple[str, str] | None) -> None:
        """Revoking any token ends everything this person allowed this application."""
        application = self._authenticate(form, basic=basic)
        token = form.get("token", "")
        grant = self._access.get(token) or self._refresh.get(token)
        if grant is None or grant.application.id != application.id:
            return
        for tokens in (self._access, self._refresh):
            for known in [each for each, held in tokens.items() if held.user is grant.user]:
                if tokens[known].application.id == application.id:
                    del tokens[known]

    def grant(self, access_token: str) -> Grant | None:
        grant = self._access.get(access_token)
        return grant if grant and grant.expires_at > self.world.clock() else None

    def _redeem(self, application: Application, form: dict[str, str]) -> Grant:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.asked.application.id != application.id or code.expires_at < self.world.clock():
            raise OAuthRefusal("invalid_grant", 'Invalid "code" in request.')
        if form.get("redirect_uri") != code.asked.redirect_uri:
            raise OAuthRefusal("invalid_grant", 'Invalid "redirect_uri" in request.')
        if code.asked.challenge and not _proves(form.get("code_verifier", ""), challenge=code.asked.challenge):
            raise OAuthRefusal("invalid_grant", 'Invalid "code_verifier" in request.')
        return Grant(user=code.user, application=application, scopes=code.asked.scopes, expires_at=0)

    def _issue(self, grant: Grant) -> Json:
        grant = msgspec.structs.replace(grant, expires_at=self.world.clock() + TOKEN_LIVES_S)
        access, refresh = self.world.secret(15), self.world.secret(15)
        self._access[access] = self._refresh[refresh] = grant
        return {
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": TOKEN_LIVES_S,
            "refresh_token": refresh,
            "scope": " ".join(sorted(grant.scopes)),
        }

    def _authenticate(self, form: dict[str, str], *, basic: tuple[str, str] | None) -> Application:
        client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        application = self._application(client_id)
        if not hmac.compare_digest(application.client_secret, secret):
            raise OAuthRefusal("invalid_client", "Invalid client secret", status=401)
        return application

    def _application(self, client_id: str) -> Application:
        found = self.world.applications.get(int(client_id)) if client_id.isdecimal() else None
        if found is None:
            raise OAuthRefusal("invalid_client", "Unknown client", status=401)
        return found


def _state(asked: Asked) -> dict[str, str]:
    """Whatever was sent as state comes back as it was."""
    return {} if asked.state is None else {"state": asked.state}


def _proves(verifier: str, *, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).decode().rstrip("="), challenge)

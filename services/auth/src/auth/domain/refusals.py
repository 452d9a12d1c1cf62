"""Refusals that several rules share, and the mark of those that leave a trace."""

from contracts.problems import Kind, Problem


class Recorded(Problem):
    """A refusal whose transaction is kept: what it wrote (the security log, an ended session) must outlive it."""


class WrongCredentials(Recorded):
    code, kind = "wrong_credentials", Kind.UNAUTHENTICATED
    title = "The e-mail address, password or code is wrong, or the address is not confirmed yet"
    advice = "Try again, confirm the address by the mailed link, or set a new password by `/password/forgot`."


class RefreshTokenInvalid(Problem):
    code, kind, title = "refresh_token_invalid", Kind.UNAUTHENTICATED, "Your session has expired. Sign in again"
    advice = "Discard the tokens of this session and sign in again."


class RefreshTokenReused(Recorded):
    code, kind, title = (
        "refresh_token_reused",
        Kind.UNAUTHENTICATED,
        "A refresh token was used twice, so the session was ended",
    )
    advice = "Sign in again. If your client did not send a token twice, it was stolen: check your sessions."


class AssertionInvalid(Recorded):
    code, kind, title = "assertion_invalid", Kind.UNAUTHENTICATED, "The service could not be authenticated"
    advice = "For operators: check that `SERVICE_JWKS_FILE` has the service's public key and that the clocks agree."


class AdminOnly(Recorded):
    code, kind, title = "admin_only", Kind.FORBIDDEN, "Only a server administrator can do this"


class AdminThere(Problem):
    code, kind, title = "admin_there", Kind.CONFLICT, "This server already has an administrator. Ask them to add you"


class OriginRefused(Problem):
    code, kind, title = "origin_refused", Kind.FORBIDDEN, "The request came from another website"


class RegistrationClosed(Problem):
    code, kind, title = "registration_closed", Kind.FORBIDDEN, "This server does not accept new accounts"


class NotActing(Recorded):
    code, kind, title = "not_acting", Kind.FORBIDDEN, "This service may not act on behalf of people"

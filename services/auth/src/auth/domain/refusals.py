"""Refusals that several rules share, and the mark of those that leave a trace."""

from contracts.problems import Kind, Problem


class Recorded(Problem):
    """A refusal whose transaction is kept: what it wrote (the security log, an ended session) must outlive it."""


class WrongCredentials(Recorded):
    code, kind = "wrong_credentials", Kind.UNAUTHENTICATED
    title = "The e-mail address, password or code is wrong, or the address is not confirmed yet"
    advice = "Try again, confirm the address by the mailed link, or set a new password by `/password/forgot`."


class RefreshTokenInvalid(Problem):
    code, kind, title = "refresh_token_invalid", Kind.UNAUTHENTICATED, "This session is over; log in again"
    advice = "Throw the tokens of this session away and log in again."


class RefreshTokenReused(Recorded):
    code, kind, title = "refresh_token_reused", Kind.UNAUTHENTICATED, "A spent token came back; the session was ended"
    advice = "Log in again. If your client did not send a token twice, somebody else had it: look at your sessions."


class AssertionInvalid(Recorded):
    code, kind, title = "assertion_invalid", Kind.UNAUTHENTICATED, "The service could not prove who it is"
    advice = "For operators: does its public half stand in `SERVICE_JWKS_FILE`, and do the clocks agree?"


class AdminOnly(Recorded):
    code, kind, title = "admin_only", Kind.FORBIDDEN, "Only an administrator of this server may do this"


class AdminThere(Problem):
    code, kind, title = "admin_there", Kind.CONFLICT, "There is an administrator already; ask them to appoint others"


class OriginRefused(Problem):
    code, kind, title = "origin_refused", Kind.FORBIDDEN, "This was not asked by a page of ours"


class RegistrationClosed(Problem):
    code, kind, title = "registration_closed", Kind.FORBIDDEN, "This server takes no new accounts"


class NotActing(Recorded):
    code, kind, title = "not_acting", Kind.FORBIDDEN, "This service does not act for people"

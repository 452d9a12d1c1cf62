"""Who one is: users, applications, and where the gateway stands."""

from discord_sim import permissions, wire
from discord_sim.entities import Json
from discord_sim.refusals import Refusal, unauthorized, unknown
from discord_sim.rest.routing import Answer, Auth, Call, Routes

routes = Routes()


@routes("GET /gateway", auth=Auth.PATH)
def gateway(call: Call) -> Json:
    return {"url": call.gateway_url}


@routes("GET /gateway/bot")
def gateway_bot(call: Call) -> Json:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 14_400_000, "max_concurrency": 1}
    return {"url": call.gateway_url, "shards": 1, "session_start_limit": limit}


@routes("GET /users/@me", auth=Auth.ANY)
def me(call: Call) -> Json:
    if call.grant is None:
        return wire.own_user(call.me)
    _needs(call, "identify")
    return wire.own_user(call.grant.user, with_email="email" in call.grant.scopes)


@routes("GET /users/@me/guilds", auth=Auth.ANY)
def my_guilds(call: Call) -> Answer:
    who = call.grant.user if call.grant else call.me
    if call.grant:
        _needs(call, "guilds")
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == who.id,
            "permissions": str(permissions.in_guild(guild, member=guild.members[who.id])),
            "features": [],
        }
        for guild in call.world.guilds.values()
        if who.id in guild.members
    ]


@routes("GET /users/@me/guilds/{guild}/member", auth=Auth.BEARER)
def my_member(call: Call) -> Json:
    _needs(call, "guilds.members.read")
    assert call.grant
    return wire.member(call.world.member(call.id("guild"), user_id=call.grant.user.id))


@routes("POST /users/@me/channels")
def open_direct_channel(call: Call) -> Json:
    person = call.world.users.get(int(call.fields["recipient_id"]))
    if person is None:
        raise unknown("User")
    return wire.channel(call.world.direct_channel(call.me, person))


@routes("GET /users/{user}")
def user(call: Call) -> Json:
    found = call.world.users.get(call.id("user"))
    if found is None:
        raise unknown("User")
    return wire.user(found)


@routes("GET /soundboard-default-sounds")
def default_sounds(call: Call) -> Answer:
    """py-cord asks for them before it says that it is ready."""
    del call
    sound = {"name": "quack", "sound_id": "1", "volume": 1.0, "emoji_id": None, "emoji_name": "🦆", "available": True}
    return [sound]


@routes("GET /applications/@me")
@routes("GET /oauth2/applications/@me")
def my_application(call: Call) -> Json:
    return wire.application(call.application)


@routes("GET /oauth2/@me", auth=Auth.BEARER)
def my_authorization(call: Call) -> Json:
    grant = call.grant
    if grant is None:
        raise unauthorized()
    told: Json = {
        "application": wire.application(grant.application),
        "scopes": sorted(grant.scopes),
        "expires": wire.moment(grant.expires_at),
    }
    return told | ({"user": wire.own_user(grant.user)} if "identify" in grant.scopes else {})


def _needs(call: Call, scope: str) -> None:
    if call.grant is None or scope not in call.grant.scopes:
        raise Refusal(401, 50025, "Invalid OAuth2 access token provided")

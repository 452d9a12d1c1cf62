"""The world as Discord writes it in JSON: ids are strings, times ISO 8601, and absent things null."""

from datetime import UTC, datetime
from typing import Any

from discord_sim.entities import (
    Application,
    Channel,
    ChannelKind,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Permission,
    Role,
    User,
    VoiceState,
)
from discord_sim.snowflakes import born
from discord_sim.world import World

COMMANDS_BADGE = 1 << 23
ABSENT_OF_GUILD = (
    *("icon", "splash", "discovery_splash", "banner", "description", "vanity_url_code", "application_id"),
    *("afk_channel_id", "system_channel_id", "rules_channel_id", "public_updates_channel_id"),
    *("safety_alerts_channel_id", "max_presences"),
)
ZERO_OF_GUILD = (
    *("verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level", "nsfw_level"),
    *("system_channel_flags", "premium_tier", "premium_subscription_count"),
)


def moment(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="microseconds")


def user(one: User) -> Json:
    return {
        "id": str(one.id),
        "username": one.name,
        "discriminator": "0000" if one.bot else "0",
        "global_name": None if one.bot else one.display_name,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "bot": one.bot,
        "system": False,
        "public_flags": 0,
        "clan": None,
        "primary_guild": None,
    }


def own_user(one: User, *, with_email: bool = False) -> Json:
    """How an account sees itself."""
    private: Json = {"flags": 0, "mfa_enabled": False, "locale": one.locale, "premium_type": 0, "verified": True}
    return user(one) | private | ({"email": one.email} if with_email else {"email": None} if one.bot else {})


def member(one: Member) -> Json:
    return {
        "user": user(one.user),
        "nick": one.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role_id) for role_id in one.roles],
        "joined_at": moment(one.joined_at),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": one.deaf,
        "mute": one.mute,
        "flags": 0,
        "pending": False,
    }


def bare_member(one: Member) -> Json:
    """Where the user stands beside it."""
    written = member(one)
    del written["user"]
    return written


def role(one: Role) -> Json:
    return {
        "id": str(one.id),
        "name": one.name,
        "color": one.color,
        "colors": {"primary_color": one.color, "secondary_color": None, "tertiary_color": None},
        "hoist": one.hoist,
        "icon": None,
        "unicode_emoji": None,
        "position": one.position,
        "permissions": str(one.permissions),
        "managed": one.managed,
        "mentionable": one.mentionable,
        "flags": 0,
    }


def overwrite(one: Overwrite) -> Json:
    return {"id": str(one.id), "type": one.type, "allow": str(one.allow), "deny": str(one.deny)}


def channel(one: Channel) -> Json:
    common: Json = {"id": str(one.id), "type": int(one.kind), "flags": 0, "last_message_id": _id(one.last_message_id)}
    if one.kind is ChannelKind.DIRECT:
        return common | {"recipients": [user(recipient) for recipient in one.recipients]}
    shared: Json = {
        "guild_id": str(one.guild_id),
        "name": one.name,
        "position": one.position,
        "parent_id": _id(one.parent_id),
        "permission_overwrites": [overwrite(each) for each in one.overwrites],
        "nsfw": False,
        "topic": one.topic,
        "rate_limit_per_user": 0,
    }
    if one.kind in {ChannelKind.VOICE, ChannelKind.STAGE}:
        shared |= {"bitrate": 64000, "user_limit": one.user_limit, "rtc_region": None, "video_quality_mode": 1}
    return common | shared


def voice_state(one: VoiceState, *, world: World | None = None) -> Json:
    state: Json = {
        "guild_id": str(one.guild_id),
        "channel_id": _id(one.channel_id),
        "user_id": str(one.user_id),
        "session_id": one.session_id,
        "deaf": one.deaf,
        "mute": one.mute,
        "self_deaf": one.self_deaf,
        "self_mute": one.self_mute,
        "self_video": one.self_video,
        "suppress": one.suppress,
        "request_to_speak_timestamp": None,
    }
    if world and (who := world.guild(one.guild_id).members.get(one.user_id)):
        state["member"] = member(who)
    return state


def guild(one: Guild) -> Json:
    """What REST tells of a guild."""
    nothing = dict.fromkeys(ABSENT_OF_GUILD)
    zeros = dict.fromkeys(ZERO_OF_GUILD, 0)
    return {
        "id": str(one.id),
        "name": one.name,
        "owner_id": str(one.owner_id),
        "preferred_locale": one.locale,
        "roles": [role(each) for each in one.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "afk_timeout": 300,
        "max_members": 500_000,
        "premium_progress_bar_enabled": False,
        **nothing,
        **zeros,
    }


def guild_create(one: Guild, *, world: World, me: int) -> Json:
    """What the gateway tells a bot of a guild that it is in."""
    states = [state for state in world.voice_states.values() if state.guild_id == one.id]
    visible = [each for each in one.channels.values() if can_see(world, each, user_id=me)]
    return guild(one) | {
        "joined_at": moment(one.members[me].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "members": [member(each) for each in one.members.values()],
        "channels": [channel(each) for each in visible],
        "voice_states": [voice_state(state) for state in states],
        "threads": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def can_see(world: World, one: Channel, *, user_id: int) -> bool:
    return bool(world.permissions(user_id, channel=one) & Permission.VIEW_CHANNEL)


def message(one: Message, *, viewer: int | None = None, world: World | None = None) -> Json:
    body: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "author": user(one.author),
        "content": one.content,
        "timestamp": moment(born(one.id)),
        "edited_timestamp": None if one.edited_at is None else moment(one.edited_at),
        "tts": one.tts,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": one.attachments,
        "embeds": one.embeds,
        "components": one.components,
        "pinned": one.pinned,
        "type": one.type,
        "flags": one.flags,
    }
    optional: dict[str, Any] = {
        "nonce": one.nonce,
        "message_reference": one.reference,
        "interaction_metadata": one.interaction,
        "application_id": _id(one.application_id),
        "webhook_id": _id(one.application_id),
        "reactions": [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(who),
                "count_details": {"burst": 0, "normal": len(who)},
                "burst_colors": [],
                "me": viewer in who,
                "me_burst": False,
            }
            for emoji, who in one.reactions.items()
        ],
    }
    body |= {name: value for name, value in optional.items() if value}
    if world and one.guild_id and (author := world.guild(one.guild_id).members.get(one.author.id)):
        body |= {"guild_id": str(one.guild_id), "member": bare_member(author)}
    return body


def application(one: Application) -> Json:
    return {
        "id": str(one.id),
        "name": one.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": one.public_key,
        "flags": COMMANDS_BADGE,
        "owner": user(one.owner),
        "team": None,
        "bot": user(one.bot),
        "redirect_uris": list(one.redirect_uris),
        "integration_types_config": {"0": {"oauth2_install_params": {"scopes": ["bot"], "permissions": "0"}}},
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "tags": [],
    }


def _id(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)

"""What a member may do, by Discord's own arithmetic: owner, roles, then the channel's overwrites."""

from discord_sim.entities import ALL_PERMISSIONS, Channel, Guild, Member, Permission


def in_guild(guild: Guild, *, member: Member) -> int:
    if member.user.id == guild.owner_id:
        return ALL_PERMISSIONS
    granted = guild.roles[guild.id].permissions
    for role_id in member.roles:
        granted |= guild.roles[role_id].permissions
    return ALL_PERMISSIONS if granted & Permission.ADMINISTRATOR else granted


def in_channel(guild: Guild, *, channel: Channel, member: Member) -> int:
    granted = in_guild(guild, member=member)
    if granted & Permission.ADMINISTRATOR:
        return granted
    by_id = {overwrite.id: overwrite for overwrite in channel.overwrites}
    if everyone := by_id.get(guild.id):
        granted = granted & ~everyone.deny | everyone.allow
    own_roles = [by_id[role_id] for role_id in member.roles if role_id in by_id]
    for overwrite in own_roles:
        granted &= ~overwrite.deny
    for overwrite in own_roles:
        granted |= overwrite.allow
    if own := by_id.get(member.user.id):
        granted = granted & ~own.deny | own.allow
    return granted

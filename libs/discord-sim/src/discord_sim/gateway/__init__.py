"""Discord's gateway, version 10: one WebSocket per shard, over which the world's changes reach a bot."""

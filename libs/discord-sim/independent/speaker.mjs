// A speaker on unmodified discord.js and @discordjs/voice: joins a voice channel, plays an Ogg Opus file, leaves.
// Environment: FILE, and what join.mjs needs.
import { createReadStream } from "node:fs";
import { AudioPlayerStatus, createAudioPlayer, createAudioResource, entersState, StreamType } from "@discordjs/voice";
import { client, connected, join, PATIENCE_MS, tell } from "./join.mjs";

const connection = await join();
connection.on("stateChange", (before, after) => tell("connection", { from: before.status, to: after.status }));
await connected(connection);
tell("joined");

const player = createAudioPlayer();
player.on("error", error => tell("error", { message: String(error) }));
connection.subscribe(player);
player.play(createAudioResource(createReadStream(process.env.FILE), { inputType: StreamType.OggOpus }));
await entersState(player, AudioPlayerStatus.Playing, PATIENCE_MS);
tell("speaking");
await new Promise(resolve => player.once(AudioPlayerStatus.Idle, resolve));
tell("finished");
connection.destroy();
await client.destroy();

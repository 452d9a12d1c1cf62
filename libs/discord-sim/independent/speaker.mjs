// A speaker on unmodified discord.js and @discordjs/voice: joins a voice channel, plays an Ogg Opus file, leaves.
// Environment: API, TOKEN, GUILD, CHANNEL, FILE; NODE_EXTRA_CA_CERTS names the simulator's authority.
import { createReadStream } from "node:fs";
import { AudioPlayerStatus, createAudioPlayer, createAudioResource, entersState, joinVoiceChannel, StreamType, VoiceConnectionStatus } from "@discordjs/voice";
import { Client, Events, GatewayIntentBits } from "discord.js";

const PATIENCE_MS = 20_000;
const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates], rest: { api: process.env.API } });
const ready = new Promise(resolve => client.once(Events.ClientReady, resolve));
await client.login(process.env.TOKEN);
await ready;

const guild = client.guilds.cache.get(process.env.GUILD);
const connection = joinVoiceChannel({ guildId: guild.id, channelId: process.env.CHANNEL, adapterCreator: guild.voiceAdapterCreator, selfDeaf: false });
connection.on("stateChange", (before, after) => tell("connection", { from: before.status, to: after.status }));
connection.on("error", error => tell("error", { message: String(error) }));
await entersState(connection, VoiceConnectionStatus.Ready, PATIENCE_MS);
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

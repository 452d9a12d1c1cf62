// How speaker and listener begin: a bot on unmodified discord.js logs in and joins a voice channel by @discordjs/voice.
// Environment: API, TOKEN, GUILD, CHANNEL; NODE_EXTRA_CA_CERTS names the simulator's authority.
import { entersState, joinVoiceChannel, VoiceConnectionStatus } from "@discordjs/voice";
import { Client, Events, GatewayIntentBits } from "discord.js";

export const PATIENCE_MS = 20_000;
export const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

export const client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates], rest: { api: process.env.API } });

// The connection on its way: `connected` waits for it.
export async function join() {
  const ready = new Promise(resolve => client.once(Events.ClientReady, resolve));
  await client.login(process.env.TOKEN);
  await ready;
  const guild = client.guilds.cache.get(process.env.GUILD);
  const connection = joinVoiceChannel({ guildId: guild.id, channelId: process.env.CHANNEL, adapterCreator: guild.voiceAdapterCreator, selfDeaf: false });
  connection.on("error", error => tell("error", { message: String(error) }));
  return connection;
}

export const connected = connection => entersState(connection, VoiceConnectionStatus.Ready, PATIENCE_MS);

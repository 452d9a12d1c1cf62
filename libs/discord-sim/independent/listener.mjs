// A listener on unmodified discord.js and @discordjs/voice: joins a voice channel and writes what people say, until SIGUSR2.
// Environment: API, TOKEN, GUILD, CHANNEL; PEOPLE (whom to hear, by id), FOLDER; NODE_EXTRA_CA_CERTS names the simulator's authority.
// Each speaker's file has their Opus packets, each after its length in two bytes.
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { EndBehaviorType, entersState, joinVoiceChannel, VoiceConnectionStatus } from "@discordjs/voice";
import { Client, Events, GatewayIntentBits } from "discord.js";

const PATIENCE_MS = 20_000;
const WRITE_MS = 500;
const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

// Packets go to the disk many at once, which costs less than one by one.
class Track {
  constructor(stream, path) {
    this.file = createWriteStream(path);
    this.waiting = [];
    this.packets = 0;
    stream.on("data", packet => this.take(packet));
    stream.on("error", error => tell("error", { message: String(error) }));
  }

  take(packet) {
    const size = Buffer.allocUnsafe(2);
    size.writeUInt16BE(packet.length);
    this.waiting.push(size, packet);
    this.packets += 1;
  }

  write() {
    if (this.waiting.length) this.file.write(Buffer.concat(this.waiting));
    this.waiting = [];
  }

  async finish() {
    this.write();
    this.file.end();
    await once(this.file, "close");
  }
}

const client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates], rest: { api: process.env.API } });
const ready = new Promise(resolve => client.once(Events.ClientReady, resolve));
await client.login(process.env.TOKEN);
await ready;

const guild = client.guilds.cache.get(process.env.GUILD);
const connection = joinVoiceChannel({ guildId: guild.id, channelId: process.env.CHANNEL, adapterCreator: guild.voiceAdapterCreator, selfDeaf: false });
connection.on("error", error => tell("error", { message: String(error) }));
const tracks = process.env.PEOPLE.split(",").map(user => {
  const stream = connection.receiver.subscribe(user, { end: { behavior: EndBehaviorType.Manual } });
  return new Track(stream, `${process.env.FOLDER}/${user}`);
});
const writing = setInterval(() => tracks.forEach(track => track.write()), WRITE_MS);
await entersState(connection, VoiceConnectionStatus.Ready, PATIENCE_MS);
tell("listening");

await once(process, "SIGUSR2");
connection.destroy();
clearInterval(writing);
await Promise.all(tracks.map(track => track.finish()));
tell("finished", { packets: tracks.reduce((sum, track) => sum + track.packets, 0) });
// Whoever measured this process ends it: until then its figures can be read.

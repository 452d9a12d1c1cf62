// A listener on unmodified discord.js and @discordjs/voice: joins a voice channel and writes what people say, until SIGUSR2.
// Environment: PEOPLE (whom to hear, by id), FOLDER, and what join.mjs needs.
// Each speaker's file has their Opus packets, each after its length in two bytes.
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { EndBehaviorType } from "@discordjs/voice";
import { connected, join, tell } from "./join.mjs";

const WRITE_MS = 500;

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

const connection = await join();
const tracks = process.env.PEOPLE.split(",").map(user => {
  const stream = connection.receiver.subscribe(user, { end: { behavior: EndBehaviorType.Manual } });
  return new Track(stream, `${process.env.FOLDER}/${user}`);
});
const writing = setInterval(() => tracks.forEach(track => track.write()), WRITE_MS);
await connected(connection);
// Discord may send no audio to a client that has never said whether it speaks, and @discordjs/voice says it only with audio of its own.
connection.setSpeaking(true);
connection.setSpeaking(false);
tell("listening");

await once(process, "SIGUSR2");
connection.destroy();
clearInterval(writing);
await Promise.all(tracks.map(track => track.finish()));
tell("finished", { packets: tracks.reduce((sum, track) => sum + track.packets, 0) });
// Whoever measured this process ends it: until then its figures can be read.

// Connects, watches, is told, is acknowledged, loses the connection, comes back, resumes. Says each step as a JSON line.
import { io } from "socket.io-client";

const [url, token, topic] = process.argv.slice(2);
const say = (step, data = {}) => console.log(JSON.stringify({ step, ...data }));
let seen = null;

const socket = io(url, {
  transports: ["websocket"],
  auth: (give) => give({ token }),
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
});

socket.on("connect", async () => {
  say("connected", { id: typeof socket.id });
  const ack = await socket.timeout(5000).emitWithAck("watch", { topics: { [topic]: seen } });
  say("acknowledged", ack);
});
socket.on("ready", (frame) => say("ready", { user_id: frame.user_id }));
socket.on("watched", (frame) => say("watched", { seq: frame.seq }));
socket.on("event", (frame) => {
  seen = frame.seq;
  say("event", { seq: frame.seq, content: frame.data.content });
});
socket.on("pong", (frame) => say("pong", frame));
socket.on("problem", (frame) => say("problem", { code: frame.code }));
socket.on("disconnect", (reason) => say("disconnected", { reason }));
socket.on("connect_error", (error) => say("refused", { message: error.message, data: error.data ?? null }));

process.stdin.setEncoding("utf8");
process.stdin.on("data", (lines) => {
  for (const line of lines.trim().split("\n")) {
    if (line === "cut") socket.io.engine.transport.ws.terminate?.() ?? socket.io.engine.close();
    else if (line === "ping") socket.emit("ping", { n: 5 });
    else if (line === "leave") socket.disconnect();
  }
});
process.stdin.on("end", () => process.exit(0));

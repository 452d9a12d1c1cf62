// Fastify 5 + Socket.IO 4. A client joins a room and says something; everybody in the room hears it.
// MODE=adapter: io.to(room).emit, other servers hear of it through the Redis streams adapter.
// MODE=bus:     XADD -> XREAD -> io.local.to(room).emit, so every delivery has gone through Redis.
import Fastify from 'fastify';
import Redis from 'ioredis';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

const { MODE, PORT, REDIS_URL, STREAM } = process.env;

const app = Fastify({ logger: false });
const options = { transports: ['websocket'], perMessageDeflate: false, serveClient: false, httpCompression: false };
if (MODE === 'adapter') {
  const client = createClient({ url: REDIS_URL });
  await client.connect();
  options.adapter = createAdapter(client, { streamName: STREAM, readCount: 500 });
}
const io = new Server(app.server, options);

const writer = MODE === 'bus' ? new Redis(REDIS_URL, { enableAutoPipelining: true }) : undefined;

async function readBus() {
  const reader = new Redis(REDIS_URL);
  let last = '0-0';
  try {
    const info = await reader.xinfo('STREAM', STREAM);
    last = info[info.indexOf('last-generated-id') + 1];
  } catch {
    // nobody has written to it yet
  }
  for (;;) {
    const answer = await reader.xread('COUNT', 500, 'BLOCK', 5000, 'STREAMS', STREAM, last);
    if (!answer) continue;
    for (const [id, fields] of answer[0][1]) {
      last = id;
      io.local.to(fields[1]).emit('msg', JSON.parse(fields[3]));
    }
  }
}
if (MODE === 'bus') readBus();

let count = 0;
io.on('connection', (socket) => {
  socket.on('join', (room) => {
    socket.join(room);
    socket.emit('joined', room);
  });
  socket.on('msg', (message) => {
    if (typeof message !== 'object' || typeof message.text !== 'string' || typeof message.room !== 'string') return;
    const told = { op: 'msg', id: ++count, room: message.room, user: socket.id, text: message.text };
    if (MODE === 'bus') writer.xadd(STREAM, 'MAXLEN', '~', 10000, '*', 'room', message.room, 'p', JSON.stringify(told));
    else io.to(message.room).emit('msg', told);
  });
});

await app.listen({ port: +PORT, host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit(0));

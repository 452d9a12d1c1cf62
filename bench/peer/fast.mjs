// Fastify 5: POST /v1/messages validates, inserts into PostgreSQL, and adds to a Redis stream.
// AUTH=cache verifies the ES256 token itself (verified ones are remembered); AUTH=none trusts the gateway in front.
import { readFileSync } from 'node:fs';
import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';
import Redis from 'ioredis';
import pg from 'pg';

const { AUTH, PORT, PGPORT, PGUSER, PGDATABASE, REDIS_URL, JWT_PUBLIC_KEY } = process.env;

const verify = createVerifier({
  key: readFileSync(JWT_PUBLIC_KEY), algorithms: ['ES256'], allowedIss: 'chat', allowedAud: 'chat-api', cache: 50000,
});
const app = Fastify({ logger: false });
// The password comes from PGPASSWORD.
const pool = new pg.Pool({ host: '127.0.0.1', port: +PGPORT, user: PGUSER, database: PGDATABASE, max: 10 });
const redis = new Redis(REDIS_URL, { enableAutoPipelining: true });

async function authenticate(request, reply) {
  if (AUTH === 'none') {
    request.uid = request.headers['x-user'] ?? 'user-0000';
    return;
  }
  try {
    request.uid = verify((request.headers.authorization ?? '').slice('Bearer '.length)).sub;
  } catch {
    return reply.code(401).send({ detail: 'unauthorized' });
  }
}

const body = {
  type: 'object',
  required: ['room', 'text', 'client_id'],
  additionalProperties: false,
  properties: {
    room: { type: 'string', minLength: 1, maxLength: 64 },
    text: { type: 'string', minLength: 1, maxLength: 4000 },
    client_id: { type: 'string', maxLength: 64 },
    reply_to: { type: ['integer', 'null'] },
    mentions: { type: 'array', items: { type: 'string' } },
  },
};
const message = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    room: { type: 'string' },
    user: { type: 'string' },
    text: { type: 'string' },
    client_id: { type: 'string' },
    created_at: { type: 'string' },
  },
};
const insert = 'insert into messages(room, user_id, body) values ($1, $2, $3) returning id, created_at';

app.post('/v1/messages', { schema: { body, response: { 201: message } }, preHandler: authenticate }, async (request, reply) => {
  const { room, text, client_id } = request.body;
  const { rows: [row] } = await pool.query({ name: 'insert', text: insert, values: [room, request.uid, text] });
  const said = { id: +row.id, room, user: request.uid, text, client_id, created_at: row.created_at.toISOString() };
  await redis.xadd('http', 'MAXLEN', '~', 10000, '*', 'room', room, 'p', JSON.stringify(said));
  reply.code(201);
  return said;
});

await app.listen({ port: +PORT, host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit(0));

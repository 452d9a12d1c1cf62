// Fastify 5 as the gateway: verify the ES256 token (verified ones are remembered), then hand on to the service.
import { readFileSync } from 'node:fs';
import proxy from '@fastify/http-proxy';
import { createVerifier } from 'fast-jwt';
import Fastify from 'fastify';

const { PORT, UP, JWT_PUBLIC_KEY } = process.env;

const verify = createVerifier({
  key: readFileSync(JWT_PUBLIC_KEY), algorithms: ['ES256'], allowedIss: 'chat', allowedAud: 'chat-api', cache: 50000,
});
const app = Fastify({ logger: false });
app.register(proxy, {
  upstream: `http://127.0.0.1:${UP}`,
  prefix: '/v1',
  rewritePrefix: '/v1',
  preHandler: async (request, reply) => {
    try {
      request.uid = verify((request.headers.authorization ?? '').slice('Bearer '.length)).sub;
    } catch {
      return reply.code(401).send({ detail: 'unauthorized' });
    }
  },
  replyOptions: { rewriteRequestHeaders: (request, headers) => ({ ...headers, 'x-user': request.uid }) },
});

await app.listen({ port: +PORT, host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit(0));

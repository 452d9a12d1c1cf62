import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const FILES = ['en', 'de'].flatMap((language) => [`${language}/data.json`, `${language}/messages.json`])
const source = (file: string) => readFileSync(new URL(`../node_modules/emojibase-data/${file}`, import.meta.url), 'utf8')

/** The names of emoji at `/emoji/<language>/…`, from our own origin. */
export function emoji(): Plugin {
  return {
    name: 'emoji',
    generateBundle() {
      for (const file of FILES) this.emitFile({ type: 'asset', fileName: `emoji/${file}`, source: source(file) })
    },
    configureServer(server) {
      server.middlewares.use('/emoji', (request, response, next) => {
        const file = request.url?.slice(1) ?? ''
        if (!FILES.includes(file)) return next()
        response.setHeader('Content-Type', 'application/json')
        response.end(source(file))
      })
    },
  }
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { depthOf, tokensOf } from './tokens'

test('what people write becomes tokens', () => {
  expect(tokensOf('**bold** and `code`')?.[0]?.type).toBe('paragraph')
})

test.each([
  ['nested quotes', '>'.repeat(5_000)],
  ['brackets', '['.repeat(3_000)],
  ['spaced brackets', '[ '.repeat(3_000)],
  ['stars', '*a '.repeat(3_000)],
  ['nested lists', Array.from({ length: 200 }, (_, at) => `${' '.repeat(at * 2)}- x`).join('\n')],
])('%s are shown as they are, or shallow', (_name, hostile) => {
  const tokens = tokensOf(hostile)
  expect(tokens === null || depthOf(tokens) <= 12).toBe(true)
})

test('no text of Markdown’s own signs breaks it or takes long', () => {
  const signs = fc.string({ unit: fc.constantFrom(...'*_~`[]()<>#-+!|\\&: \n1.ab'.split('')), maxLength: 2_000 })
  const begun = process.cpuUsage().user
  fc.assert(fc.property(signs, (text) => void tokensOf(text)), { numRuns: 300 })
  expect((process.cpuUsage().user - begun) / 1e6).toBeLessThan(10)
})

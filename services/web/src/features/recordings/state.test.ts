import { expect, test } from 'vitest'
import { clock, isLive } from './state'

test('a length is shown as a clock', () => {
  expect([0, 9_999, 62_000, 3_600_000, 36_061_000].map(clock)).toEqual(['0:00', '0:09', '1:02', '1:00:00', '10:01:01'])
})

test('a recording is live until it is ready or has failed', () => {
  expect(isLive('paused')).toBe(true)
  expect(isLive('finishing')).toBe(true)
  expect(isLive('ready')).toBe(false)
  expect(isLive('failed')).toBe(false)
})

import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseKeyRing } from '../../domain/key-ring.ts'

const first = randomBytes(32)
const second = randomBytes(32)

test('the first key encrypts and every key is found by its id', () => {
  const keys = parseKeyRing(`2027-01:${first.toString('base64')}, old:${second.toString('base64')}`)
  expect(keys.current).toEqual({ id: '2027-01', key: new Uint8Array(first) })
  expect(keys.find('2027-01')).toEqual(new Uint8Array(first))
  expect(keys.find('old')).toEqual(new Uint8Array(second))
  expect(keys.find('older')).toBeUndefined()
})

test.each([
  { wrong: 'nothing at all', text: '', says: /^Key 1 has no valid id/ },
  { wrong: 'a key without an id', text: first.toString('base64'), says: /^Key 1 has no valid id/ },
  { wrong: 'an empty id', text: `:${first.toString('base64')}`, says: /^Key 1 has no valid id/ },
  { wrong: 'an id with a space', text: `a b:${first.toString('base64')}`, says: /^Key 1 has no valid id/ },
  { wrong: 'a comma at the end', text: `a:${first.toString('base64')},`, says: /^Key 2 has no valid id/ },
  { wrong: 'what is not base64', text: `a:${first.toString('hex')}!`, says: /^Key 1 \("a"\) is not base64/ },
  { wrong: '16 bytes', text: `a:${randomBytes(16).toString('base64')}`, says: /^Key 1 \("a"\) has 16 bytes, not 32/ },
  {
    wrong: 'the same id twice',
    text: `a:${first.toString('base64')},a:${second.toString('base64')}`,
    says: /^Two keys have the same id/,
  },
])('$wrong is refused with a reason', ({ text, says }) => {
  expect(() => parseKeyRing(text)).toThrow(says)
})

test.each(['', 'a:', 'a:b:'])('a refused key is never shown (%j in front)', (before) => {
  const key = randomBytes(33).toString('base64')
  try {
    parseKeyRing(before + key)
    expect.unreachable()
  } catch (error) {
    expect(String(error)).toMatch(/Key 1/)
    expect(String(error)).not.toContain(key.slice(0, 10))
  }
})

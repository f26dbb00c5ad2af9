import { randomBytes } from 'node:crypto'
import { defaultPayloadConverter } from '@temporalio/common'
import type { Payload } from '@temporalio/common'
import { expect, test } from 'vitest'
import { UndecodablePayload, createCodec } from '../../../adapters/temporal/codec.ts'
import type { KeyRing } from '../../../domain/key-ring.ts'

const oldKey = { id: 'old', key: randomBytes(32) }
const newKey = { id: 'new', key: randomBytes(32) }
const payload = defaultPayloadConverter.toPayload({ recipient: 'Kari Nordmann' })

test('what was encrypted is decrypted to the same payload', async () => {
  const codec = createCodec(ringOf(newKey))
  const encrypted = await encryptWith(newKey)
  expect(clearText(encrypted)).not.toContain('Kari')
  expect(clearText(encrypted)).not.toContain('json/plain')
  const [decrypted] = await codec.decode([encrypted])
  expect(defaultPayloadConverter.fromPayload(decrypted ?? {})).toEqual({ recipient: 'Kari Nordmann' })
})

test('the same payload looks different each time', async () => {
  const [one, other] = await createCodec(ringOf(newKey)).encode([payload, payload])
  expect(Buffer.from(one?.data ?? [])).not.toEqual(Buffer.from(other?.data ?? []))
})

test('after a change of keys the old payloads are still read, and new ones carry the new key', async () => {
  const codec = createCodec(ringOf(newKey, oldKey))
  const [decrypted] = await codec.decode([await encryptWith(oldKey)])
  expect(defaultPayloadConverter.fromPayload(decrypted ?? {})).toEqual({ recipient: 'Kari Nordmann' })
  const [encrypted] = await codec.encode([payload])
  expect(Buffer.from(encrypted?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('new')
})

test('a payload that was never encrypted passes unchanged', async () => {
  expect(await createCodec(ringOf(newKey)).decode([payload, {}])).toEqual([payload, {}])
})

test('a payload under an unknown key is refused with the id of the key', async () => {
  const decoding = createCodec(ringOf(newKey)).decode([await encryptWith(oldKey)])
  await expect(decoding).rejects.toThrow(UndecodablePayload)
  await expect(decoding).rejects.toThrow('key "old", which CODEC_KEYS does not hold')
})

test.each(['the first byte', 'the middle', 'the last byte'])('a payload changed in %s is refused', async (place) => {
  const encrypted = await encryptWith(newKey)
  const data = Buffer.from(encrypted.data ?? [])
  const at = { 'the first byte': 0, 'the middle': data.length >> 1, 'the last byte': data.length - 1 }[place] ?? -1
  data[at] = (data[at] ?? 0) ^ 1
  const decoding = createCodec(ringOf(newKey)).decode([{ ...encrypted, data }])
  await expect(decoding).rejects.toThrow(/^Payload was changed after encryption/)
})

test('a payload cut short is refused', async () => {
  const encrypted = await encryptWith(newKey)
  for (const length of [0, 5, 27, 40]) {
    const data = encrypted.data?.subarray(0, length) ?? null
    await expect(createCodec(ringOf(newKey)).decode([{ ...encrypted, data }])).rejects.toThrow(UndecodablePayload)
  }
})

test('the id of the key is authenticated: another id for the same key is refused', async () => {
  const encrypted = await encryptWith(newKey)
  const metadata = { ...encrypted.metadata, 'encryption-key-id': Buffer.from('alias') }
  const codec = createCodec(ringOf(newKey, { id: 'alias', key: newKey.key }))
  await expect(codec.decode([{ ...encrypted, metadata }])).rejects.toThrow(/^Payload was changed/)
})

function ringOf(current: KeyRing['current'], ...others: KeyRing['current'][]): KeyRing {
  return { current, find: (id) => [current, ...others].find((entry) => entry.id === id)?.key }
}

async function encryptWith(key: KeyRing['current']): Promise<Payload> {
  const [encrypted] = await createCodec(ringOf(key)).encode([payload])
  if (!encrypted) throw new Error('nothing was encrypted')
  return encrypted
}

function clearText({ metadata, data }: Payload): string {
  return Buffer.concat([...Object.values(metadata ?? {}), data ?? new Uint8Array()]).toString('latin1')
}

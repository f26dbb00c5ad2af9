import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createCodec } from '../../adapters/temporal/codec.ts'
import { parseKeyRing } from '../../domain/key-ring.ts'
import { createCodecApp } from '../../api/codec-app.ts'

const uiOrigin = 'http://127.0.0.1:8233'
const codec = createCodec(parseKeyRing(`one:${randomBytes(32).toString('base64')}`))
const app = createCodecApp({ codec, allowedOrigins: [uiOrigin], log: pino({ enabled: false }) })
const wirePayloads = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.string()), data: z.string() })),
})
const clear = { metadata: { encoding: base64('json/plain') }, data: base64('"Kari Nordmann"') }

test('what it encodes it decodes to the same payloads', async () => {
  const encoded = await post('/encode', { payloads: [clear] })
  expect(encoded.status).toBe(200)
  const body = wirePayloads.parse(await encoded.json())
  expect(body.payloads).toHaveLength(1)
  expect(body.payloads[0]?.metadata).toEqual({
    encoding: base64('binary/encrypted'),
    'encryption-key-id': base64('one'),
  })
  const decoded = await post('/decode?preserveStorageRefs=true', body)
  expect(decoded.status).toBe(200)
  expect(await decoded.json()).toEqual({ payloads: [clear] })
})

test('a body without payloads gets none back', async () => {
  const answer = await post('/decode', {})
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ payloads: [] })
})

test('the preflight of the exact origin is answered with what the UI asks for', async () => {
  const answer = await preflight(uiOrigin)
  expect(answer.status).toBe(204)
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(uiOrigin)
  expect(answer.headers.get('Access-Control-Allow-Methods')).toContain('POST')
  expect(answer.headers.get('Access-Control-Allow-Headers')?.toLowerCase()).toBe(
    'content-type,x-namespace,authorization',
  )
})

test('an answer to the UI carries its origin', async () => {
  const answer = await post('/decode', { payloads: [] }, { Origin: uiOrigin })
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(uiOrigin)
})

test.each(['http://localhost:8233', 'http://127.0.0.1:8234', 'https://evil.example', 'null'])(
  'a page of %s can neither ask nor have payloads decoded',
  async (origin) => {
    const asked = await preflight(origin)
    expect(asked.status).toBe(403)
    expect(asked.headers.get('Access-Control-Allow-Origin')).toBeNull()
    expect((await post('/decode', { payloads: [clear] }, { Origin: origin })).status).toBe(403)
  },
)

test('a body of more than 4 MB is refused, also where its length is not told', async () => {
  const text = JSON.stringify({ payloads: [{ data: base64('x'.repeat(3.2 * 1024 * 1024)) }] })
  expect((await app.request('/decode', { method: 'POST', body: text })).status).toBe(413)
  const stream = new Blob([text]).stream()
  const request = new Request('http://codec/decode', { method: 'POST', body: stream, duplex: 'half' })
  expect((await app.request(request)).status).toBe(413)
})

test('a body just under 4 MB is taken', async () => {
  const text = JSON.stringify({ payloads: [{ data: base64('x'.repeat(3 * 1024 * 1024 - 100)) }] })
  expect((await app.request('/decode', { method: 'POST', body: text })).status).toBe(200)
})

test.each(['', 'no json', '[]', '{"payloads":{}}', '{"payloads":[{"data":"no base64!"}]}'])(
  'the body %j is refused with a reason',
  async (text) => {
    const answer = await app.request('/decode', { method: 'POST', body: text })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ message: expect.stringMatching(/^Not payloads as JSON/) })
  },
)

test('a payload under a key it does not hold is refused with the id of the key', async () => {
  const other = createCodec(parseKeyRing(`other:${randomBytes(32).toString('base64')}`))
  const [payload] = await other.encode([{ data: Buffer.from('"x"') }])
  const metadata = Object.fromEntries(
    Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, base64(value)]),
  )
  const answer = await post('/decode', { payloads: [{ metadata, data: base64(payload?.data ?? '') }] })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({
    message: expect.stringContaining('key "other", which CODEC_KEYS does not hold'),
  })
})

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const init = { method: 'POST', body: JSON.stringify(body) }
  return app.request(path, { ...init, headers: { 'Content-Type': 'application/json', ...headers } })
}

function preflight(origin: string) {
  const headers = {
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type,x-namespace',
  }
  return app.request('/decode', { method: 'OPTIONS', headers })
}

function base64(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64')
}

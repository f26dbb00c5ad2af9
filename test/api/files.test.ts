import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import type { ServerType } from '@hono/node-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aReceivedShipment, happen } from '../factories/shipment.ts'

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
const sha256 = createHash('sha256').update(bytes).digest('hex')

let deps: TestDependencies
let server: ServerType
let origin: string
let headers: Record<string, string>
let path: string
let shipmentId: string

beforeAll(async () => {
  deps = await createTestDependencies()
  const app = createApp(deps)
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address) => resolve(address.port))
  })
  origin = `http://127.0.0.1:${port}`
  const sender = await anAccount(deps.db)
  headers = sender.headers
  const { id } = await aReceivedShipment(deps.db, {
    accountId: sender.account.id,
    blobs: deps.blobs,
    files: [{ fileName: 'Vedtak «å» 100%.pdf', mimeType: 'application/pdf', bytes }],
  })
  shipmentId = id
  path = `${origin}/v1/shipments/${id}/documents/1`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await deps.remove()
})

const get = (more: Record<string, string> = {}, method = 'GET') =>
  fetch(path, { method, headers: { ...headers, ...more } })
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

test('a document comes back byte by byte, under its own name', async () => {
  const answer = await get()
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'content-length': '100000',
    'accept-ranges': 'bytes',
    etag: `"${sha256}"`,
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'content-disposition':
      'attachment; filename="Vedtak _a_ 100_.pdf"; filename*=UTF-8\'\'Vedtak%20%C2%AB%C3%A5%C2%BB%20100%25.pdf',
  })
  expect((await bytesOf(answer)).equals(bytes)).toBe(true)
})

test.each([
  ['bytes=0-9', 0, 9],
  ['bytes=99990-', 99_990, 99_999],
  ['bytes=-10', 99_990, 99_999],
  ['bytes=50000-999999', 50_000, 99_999],
])('%s gives that part', async (range, start, end) => {
  const answer = await get({ Range: range })
  expect(answer.status).toBe(206)
  expect(answer.headers.get('Content-Range')).toBe(`bytes ${start}-${end}/100000`)
  expect(answer.headers.get('Content-Length')).toBe(String(end - start + 1))
  expect((await bytesOf(answer)).equals(bytes.subarray(start, end + 1))).toBe(true)
})

test.each(['bytes=100000-', 'bytes=-0'])('%s lies outside the file', async (range) => {
  const answer = await get({ Range: range })
  expect(answer.status).toBe(416)
  expect(answer.headers.get('Content-Range')).toBe('bytes */100000')
  expect(await answer.json()).toMatchObject({ code: 'rangeNotSatisfiable' })
})

test.each(['bytes=9-0', 'lines=0-9', 'bytes=0-1,5-6', 'bytes=-'])(
  '%s is not understood and gives the whole file',
  async (range) => {
    const answer = await get({ Range: range })
    expect(answer.status).toBe(200)
    expect(await bytesOf(answer)).toHaveLength(100_000)
  },
)

test('HEAD answers as GET would, without the bytes', async () => {
  const whole = await get({}, 'HEAD')
  expect([whole.status, whole.headers.get('Content-Length'), await whole.text()]).toEqual([200, '100000', ''])
  const part = await get({ Range: 'bytes=0-9' }, 'HEAD')
  expect([part.status, part.headers.get('Content-Length'), await part.text()]).toEqual([206, '10', ''])
})

test('a part goes on only of the file it was begun with', async () => {
  expect((await get({ Range: 'bytes=0-9', 'If-Range': `"${sha256}"` })).status).toBe(206)
  expect((await get({ Range: 'bytes=0-9', 'If-Range': '"another"' })).status).toBe(200)
})

test('a download that is broken off leaves the server answering', async () => {
  const leave = new AbortController()
  const answer = await fetch(path, { headers, signal: leave.signal })
  const reader = answer.body?.getReader()
  await reader?.read()
  leave.abort()
  expect((await get({ Range: 'bytes=0-0' })).status).toBe(206)
})

test('a document that the shipment does not have is not there', async () => {
  for (const number of ['2', '0', 'x']) expect((await fetch(path.replace(/1$/, number), { headers })).status).toBe(404)
})

test('the letter is there when it is made', async () => {
  const url = `${origin}/v1/shipments/${shipmentId}/letter`
  const early = await fetch(url, { headers })
  expect([early.status, await early.json()]).toEqual([404, expect.objectContaining({ code: 'letterNotMade' })])
  const letter = Buffer.from('%PDF-1.7 the letter')
  const stored = await deps.blobs.put(`letters/${shipmentId}`, Readable.from([letter]))
  await happen(deps.db, shipmentId, {
    event: { type: 'letterMade', data: { pages: 1 } },
    facts: {
      letterBlobKey: `letters/${shipmentId}`,
      letterSha256: stored.sha256,
      letterBytes: stored.sizeBytes,
      letterPages: 1,
    },
  })
  const answer = await fetch(url, { headers: { ...headers, Range: 'bytes=0-3' } })
  expect(answer.status).toBe(206)
  expect(answer.headers.get('Content-Disposition')).toBe('inline; filename="brev-1.pdf"; filename*=UTF-8\'\'brev-1.pdf')
  expect(await answer.text()).toBe('%PDF')
})

test('a stored file that is gone is said to be, and logged', async () => {
  rmSync(join(deps.blobDir, `incoming/${shipmentId}/1`))
  const answer = await get()
  expect(answer.status).toBe(500)
  expect(await answer.json()).toMatchObject({ code: 'blobMissing' })
  expect(deps.logged.some((line) => line.event === 'request-failed')).toBe(true)
})

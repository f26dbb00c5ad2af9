import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import { count, eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../api/app.ts'
import { idempotencyKey, shipment, shipmentEvent } from '../../db/schema.ts'
import type { ShipmentRequest } from '../../domain/shipment.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aRequest } from '../factories/shipment.ts'

type Problem = { code: string; errors?: { pointer?: string; code: string }[] }
type Part = { name: string; fileName?: string; content: string | Buffer; type?: string }

const pdf = Buffer.from('%PDF-1.7 a letter')
const maxShipmentBytes = 64 * 1024 * 1024
const idleMs = 700
const boundary = 'postgang-boundary'

let deps: TestDependencies
let url: string
let close: () => Promise<void>
let account: Awaited<ReturnType<typeof anAccount>>

beforeAll(async () => {
  deps = await createTestDependencies({ uploadLimits: { maxShipmentBytes, idleMs } })
  account = await anAccount(deps.db)
  const server = serve({ fetch: createApp(deps).fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port')
  url = `http://127.0.0.1:${address.port}/v1/shipments`
  close = async () => {
    const closed = once(server, 'close')
    server.close()
    await closed
  }
})
afterAll(async () => {
  await close()
  await deps.remove()
})
beforeEach(() => {
  deps.temporal.is = 'up'
})

describe('a shipment is sent', () => {
  it('and answered with 202, its resource and its place', async () => {
    const answer = await send([shipmentPart(aRequest()), filePart()])
    expect(answer.status).toBe(202)
    const body = (await answer.json()) as { id: string; status: string }
    expect(body.status).toBe('received')
    expect(answer.headers.get('location')).toBe(`/v1/shipments/${body.id}`)
    expect(deps.temporal.started).toContainEqual({ shipmentId: body.id, accountId: account.account.id })
  })

  it('with the part shipment as a file or as a field, and its files under any name', async () => {
    const asFile = { ...shipmentPart(aRequest()), fileName: 'shipment.json' }
    expect((await send([asFile, { ...filePart(), name: 'whatever' }])).status).toBe(202)
    const { fileName: _, ...asField } = shipmentPart(aRequest())
    expect((await send([asField, { name: 'x', content: pdf }])).status).toBe(202)
  })

  it('keeps national ids only sealed and hashed', async () => {
    const { body } = await sent(aRequest())
    const [row] = await deps.db.select().from(shipment).where(eq(shipment.id, body.id))
    expect(JSON.stringify(row)).not.toContain('01010750160')
    expect(deps.seal.open(row?.recipientIdSealed ?? Buffer.alloc(0))).toBe('01010750160')
    expect(row?.recipientIdHash?.equals(deps.seal.hash('01010750160'))).toBe(true)
  })

  it('under an id of its own choice, once', async () => {
    const id = randomUUID()
    expect((await sent(aRequest({ id }))).body.id).toBe(id)
    expect(await refused([shipmentPart(aRequest({ id })), filePart()])).toMatchObject({ status: 409, code: 'idTaken' })
    const other = await anAccount(deps.db)
    const answer = await send([shipmentPart(aRequest({ id })), filePart()], { headers: other.headers })
    expect(((await answer.json()) as Problem).code).toBe('idTaken')
  })

  it('also while Temporal is away or silent, within two seconds', async () => {
    deps.temporal.is = 'hangs'
    const before = Date.now()
    expect((await send([shipmentPart(aRequest()), filePart()])).status).toBe(202)
    expect(Date.now() - before).toBeLessThan(3_000)
    deps.temporal.is = 'down'
    expect((await send([shipmentPart(aRequest()), filePart()])).status).toBe(202)
  })

  it('slowly but steadily', async () => {
    const body = multipart([shipmentPart(aRequest()), filePart()])
    const slow = (async function* () {
      for (let at = 0; at < body.length; at += 120) {
        yield body.subarray(at, at + 120)
        await pause(150)
      }
    })()
    expect((await send(slow)).status).toBe(202)
  })
})

describe('a request with a known Idempotency-Key', () => {
  it('gets the same answer for the same content, whatever the form around it', async () => {
    const key = randomUUID()
    const first = await send([shipmentPart(aRequest()), filePart()], { key })
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(aRequest()).toReversed()))
    const again = await send(
      [
        { ...shipmentPart(aRequest()), content: reordered },
        { ...filePart(), name: 'other' },
      ],
      { key },
    )
    expect(again.status).toBe(202)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(await again.json()).toEqual(await first.json())
  })

  it('is refused for another shipment and for other files', async () => {
    const key = randomUUID()
    await send([shipmentPart(aRequest()), filePart()], { key })
    for (const parts of [
      [shipmentPart(aRequest({ title: 'Another' })), filePart()],
      [shipmentPart(aRequest()), { ...filePart(), content: Buffer.from('%PDF-1.7 other') }],
    ])
      expect(await refused(parts, { key })).toMatchObject({ status: 422, code: 'idempotencyKeyReused' })
  })

  it('makes one letter when it comes twenty times at once', async () => {
    const key = randomUUID()
    const title = `Twenty at once ${key}`
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send([shipmentPart(aRequest({ title })), filePart()], { key })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(1)
    expect(new Set(statuses)).toEqual(new Set(statuses.includes(409) ? [202, 409] : [202]))
    for (const each of answers) if (each.status === 409) expect(each.headers.get('retry-after')).toMatch(/^\d+$/)
    const replayed = await send([shipmentPart(aRequest({ title })), filePart()], { key })
    expect(replayed.headers.get('idempotent-replayed')).toBe('true')
    expect(await lettersTitled(title)).toBe(1)
  })

  it('is free again after a refusal', async () => {
    const key = randomUUID()
    expect((await refused([shipmentPart(aRequest({ title: '' })), filePart()], { key })).status).toBe(422)
    expect((await send([shipmentPart(aRequest()), filePart()], { key })).status).toBe(202)
  })

  it('belongs to its account alone', async () => {
    const key = randomUUID()
    const other = await anAccount(deps.db)
    await send([shipmentPart(aRequest()), filePart()], { key })
    const answer = await send([shipmentPart(aRequest()), filePart()], { key, headers: other.headers })
    expect(answer.headers.get('idempotent-replayed')).toBeNull()
  })

  it('makes one letter when the first request was frozen past its lease and then goes on', async () => {
    const key = randomUUID()
    const title = `Frozen ${key}`
    const body = multipart([shipmentPart(aRequest({ title })), filePart()])
    let goOn = (): void => {}
    const frozen = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const halves = (async function* () {
      yield body.subarray(0, body.length - 40)
      await frozen
      yield body.subarray(body.length - 40)
    })()
    const first = send(halves, { key })
    await expect.poll(() => keyRows(key)).toHaveLength(1)
    await deps.db
      .update(idempotencyKey)
      .set({ leaseUntil: sql`clock_timestamp() - interval '1 second'` })
      .where(eq(idempotencyKey.key, key))
    const second = await send([shipmentPart(aRequest({ title })), filePart()], { key })
    expect(second.status).toBe(202)
    goOn()
    const late = await first
    expect(late.status).toBe(409)
    expect(((await late.json()) as Problem).code).toBe('leaseLost')
    expect(await lettersTitled(title)).toBe(1)
  })

  it('is held while its request runs: the second one is told to come again', async () => {
    const key = randomUUID()
    const body = multipart([shipmentPart(aRequest()), filePart()])
    const slow = (async function* () {
      yield body.subarray(0, 50)
      await pause(400)
      yield body.subarray(50)
    })()
    const first = send(slow, { key })
    await expect.poll(() => keyRows(key)).toHaveLength(1)
    const second = await send([shipmentPart(aRequest()), filePart()], { key })
    expect(second.status).toBe(409)
    expect(((await second.json()) as Problem).code).toBe('idempotencyKeyInUse')
    expect(second.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await first).status).toBe(202)
  })

  it('must be there', async () => {
    const answer = await fetch(url, { method: 'POST', headers: account.headers, body: new FormData() })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as Problem).code).toBe('idempotencyKeyMissing')
  })
})

describe('what is wrong is told, and nothing of it is kept', () => {
  const longName = (length: number) => ({
    documents: [{ fileName: `${'a'.repeat(length - 4)}.pdf`, mimeType: 'application/pdf' }],
  })
  const person = (personId: string) => ({ recipient: { ...aRequest().recipient, personId } })
  const cases: [what: string, request: unknown, code: string, pointer: string][] = [
    ['a file name of 227 characters', aRequest(longName(227)), 'tooLong', '/documents/0/fileName'],
    [
      'a forbidden character',
      aRequest({ documents: [{ fileName: 'a:b.pdf', mimeType: 'application/pdf' }] }),
      'fileNameCharacters',
      '/documents/0/fileName',
    ],
    ['an invalid birth number', aRequest(person('01010750161')), 'personIdInvalid', '/recipient/personId'],
    ['no address and no digital id', aRequest({ recipient: { name: 'Kari' } }), 'addressMissing', '/recipient/address'],
    [
      'an unread period of 0',
      aRequest({ unreadPeriod: { amount: 0, unit: 'days' } }),
      'unreadPeriodOutOfRange',
      '/unreadPeriod',
    ],
    [
      'an unread period of 401 days',
      aRequest({ unreadPeriod: { amount: 401, unit: 'days' } }),
      'unreadPeriodOutOfRange',
      '/unreadPeriod',
    ],
  ]
  for (const [what, request, code, pointer] of cases)
    it(`${what} is a 422 naming the field`, async () => {
      const before = await letters()
      const answer = await refused([shipmentPart(request), filePart()])
      expect(answer).toMatchObject({ status: 422, code: 'invalidShipment' })
      expect(answer.errors).toContainEqual(expect.objectContaining({ code, pointer }))
      expect(await letters()).toBe(before)
    })

  it('a file name of 226 characters is fine', async () => {
    expect((await send([shipmentPart(aRequest(longName(226))), filePart()])).status).toBe(202)
  })

  it('every error is told at once: unknown fields, a unit that does not exist, a missing title, two equal names', async () => {
    const request = {
      ...aRequest({ documents: [aDocument('A.pdf'), aDocument('a.PDF')] }),
      title: undefined,
      unknown: 1,
      unreadPeriod: { amount: 1, unit: 'fortnights' },
    }
    const { errors } = await refused([shipmentPart(request), filePart(), filePart()])
    const pointers = errors?.map(({ pointer }) => pointer)
    expect(pointers).toEqual(
      expect.arrayContaining(['/unknown', '/title', '/unreadPeriod/unit', '/documents/1/fileName']),
    )
  })

  const uploads: [what: string, parts: Part[], status: number, code: string][] = [
    ['a file before the shipment', [filePart(), shipmentPart(aRequest())], 422, 'fileBeforeShipment'],
    ['one file too many', [shipmentPart(aRequest()), filePart(), filePart()], 422, 'tooManyFiles'],
    ['one file too few', [shipmentPart(aRequest())], 422, 'tooFewFiles'],
    ['an empty file', [shipmentPart(aRequest()), { ...filePart(), content: '' }], 422, 'emptyFile'],
    ['no part at all', [], 422, 'shipmentPartMissing'],
    ['a shipment that is no JSON', [{ ...shipmentPart(aRequest()), content: '{' }, filePart()], 400, 'malformedJson'],
    [
      'a shipment over 1 MB',
      [{ ...shipmentPart(aRequest()), content: ' '.repeat(1024 * 1024 + 1) }, filePart()],
      413,
      'bodyTooLarge',
    ],
  ]
  for (const [what, parts, status, code] of uploads)
    it(`${what} is a ${status} with its own code`, async () => {
      const before = await letters()
      expect(await refused(parts)).toMatchObject({ status, code })
      expect(await letters()).toBe(before)
      expect(await blobCount()).toBe(await namedFiles())
    })

  it('another content type is a 415', async () => {
    const headers = { ...account.headers, 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json' }
    expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(415)
  })

  it('a truncated upload is a 400', async () => {
    const body = multipart([shipmentPart(aRequest()), filePart()])
    expect(await refused(body.subarray(0, body.length - 30))).toMatchObject({ status: 400, code: 'malformedMultipart' })
    expect(await blobCount()).toBe(await namedFiles())
  })

  it('more bytes than a shipment may have are a 413, and the sender gets the answer', async () => {
    const big = { ...filePart(), content: randomBytes(maxShipmentBytes + 1) }
    expect(await refused([shipmentPart(aRequest()), big])).toMatchObject({ status: 413, code: 'shipmentTooLarge' })
    expect(await blobCount()).toBe(await namedFiles())
  }, 60_000)

  it('a large upload that is refused early gets its answer, and the connection serves the next request', async () => {
    const big = { ...filePart(), content: randomBytes(50 * 1024 * 1024) }
    expect(await refused([shipmentPart(aRequest({ title: '' })), big])).toMatchObject({ status: 422 })
    expect((await send([shipmentPart(aRequest()), filePart()])).status).toBe(202)
  }, 60_000)

  it('an upload that falls silent is ended with 408', async () => {
    const body = multipart([shipmentPart(aRequest()), filePart()])
    const silent = (async function* () {
      yield body.subarray(0, body.length - 40)
      await pause(idleMs * 3)
    })()
    expect(await refused(silent)).toMatchObject({ status: 408, code: 'uploadStalled' })
    expect(await blobCount()).toBe(await namedFiles())
  })

  it('a sender that breaks off leaves nothing, and its key free', async () => {
    const key = randomUUID()
    const body = multipart([shipmentPart(aRequest()), filePart()])
    const broken = httpRequest(url, { method: 'POST', headers: headersFor({ key }) })
    broken.on('error', () => {})
    broken.write(body.subarray(0, body.length - 40))
    await expect.poll(() => keyRows(key)).toHaveLength(1)
    broken.destroy()
    await expect.poll(() => keyRows(key)).toHaveLength(0)
    await expect.poll(async () => (await blobCount()) - (await namedFiles())).toBe(0)
  })

  it('a key without the scope "send" is a 403, no key a 401', async () => {
    const reader = await anAccount(deps.db, { scopes: ['read'] })
    expect((await send([shipmentPart(aRequest()), filePart()], { headers: reader.headers })).status).toBe(403)
    expect((await fetch(url, { method: 'POST', body: new FormData() })).status).toBe(401)
  })

  it('a blob store that is full is a 503 with Retry-After', async () => {
    const { put } = deps.blobs
    deps.blobs.put = async () => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    const answer = await send([shipmentPart(aRequest()), filePart()])
    deps.blobs.put = put
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(((await answer.json()) as Problem).code).toBe('blobStoreUnreachable')
  })
})

function aDocument(fileName: string) {
  return { fileName, mimeType: 'application/pdf' }
}

function shipmentPart(request: unknown): Part {
  return { name: 'shipment', content: JSON.stringify(request), type: 'application/json' }
}

function filePart(): Part {
  return { name: 'file', fileName: 'anything.pdf', content: pdf, type: 'application/pdf' }
}

function multipart(parts: Part[]): Buffer {
  const encoded = parts.flatMap(({ name, fileName, content, type }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName ? `; filename="${fileName}"` : ''}\r\n` +
        `${type ? `Content-Type: ${type}\r\n` : ''}\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...encoded, Buffer.from(`--${boundary}--\r\n`)])
}

type SendOptions = { key?: string; headers?: Record<string, string> }

function headersFor({ key, headers }: SendOptions): Record<string, string> {
  return {
    ...(headers ?? account.headers),
    'Idempotency-Key': key ?? randomUUID(),
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
  }
}

function send(content: Part[] | Buffer | AsyncIterable<Buffer>, options: SendOptions = {}): Promise<Response> {
  const body = Array.isArray(content) ? multipart(content) : content
  const init = { method: 'POST', headers: headersFor(options), body, duplex: 'half' }
  return fetch(url, init as unknown as RequestInit)
}

async function sent(request: ShipmentRequest): Promise<{ body: { id: string } }> {
  const answer = await send([shipmentPart(request), filePart()])
  expect(answer.status).toBe(202)
  return { body: (await answer.json()) as { id: string } }
}

async function refused(
  content: Part[] | Buffer | AsyncIterable<Buffer>,
  options: SendOptions = {},
): Promise<Problem & { status: number }> {
  const answer = await send(content, options)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return { ...((await answer.json()) as Problem), status: answer.status }
}

function keyRows(key: string) {
  return deps.db.select().from(idempotencyKey).where(eq(idempotencyKey.key, key))
}

async function letters(): Promise<number> {
  const [row] = await deps.db.select({ number: count() }).from(shipmentEvent)
  return row?.number ?? 0
}

async function lettersTitled(title: string): Promise<number> {
  return (await deps.db.select().from(shipment).where(eq(shipment.title, title))).length
}

async function namedFiles(): Promise<number> {
  const [row] = await deps.db.execute<{ number: number }>(sql`select count(*)::int as number from document`)
  return row?.number ?? 0
}

async function blobCount(): Promise<number> {
  return readdirSync(deps.blobDir, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(deps.blobDir, path)).isFile(),
  ).length
}

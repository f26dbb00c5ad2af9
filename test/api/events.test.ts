import { serve } from '@hono/node-server'
import type { ServerType } from '@hono/node-server'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { recordEvent } from '../../db/record-event.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aNotifiedShipment, aReceivedShipment, happen } from '../factories/shipment.ts'

type Sender = Awaited<ReturnType<typeof anAccount>>
type Feed = { items: { position: number; shipmentId: string; type: string; text: string }[]; next: number }

let deps: TestDependencies
let server: ServerType
let origin: string
let sender: Sender

beforeAll(async () => {
  deps = await createTestDependencies()
  const app = createApp(deps)
  const port = await new Promise<number>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address) => resolve(address.port))
  })
  origin = `http://127.0.0.1:${port}`
})
beforeEach(async () => {
  sender = await anAccount(deps.db)
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await deps.remove()
})

async function feed(query: string): Promise<Feed> {
  const answer = await fetch(`${origin}/v1/events?${query}`, { headers: sender.headers })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Feed
}

const stored = () => ({ accountId: sender.account.id })

test('the feed gives the events of all shipments in one order, page by page', async () => {
  const first = await aReceivedShipment(deps.db, { ...stored(), facts: { externalReference: 'sak-7' } })
  const second = await aReceivedShipment(deps.db, stored())
  await happen(deps.db, first.id, { event: { type: 'recalled', data: {} } })
  const page = await feed('limit=2')
  expect(page).toEqual({
    items: [
      {
        position: 1,
        shipmentId: first.id,
        shipmentNumber: 1,
        externalReference: 'sak-7',
        seq: 1,
        type: 'received',
        at: first.createdAt.toISOString(),
        actor: 'sak',
        text: 'Mottatt, og tildelt forsendelse-id',
        data: { documents: 1 },
      },
      expect.objectContaining({ position: 2, shipmentId: second.id, externalReference: null }),
    ],
    next: 2,
  })
  const rest = await feed('after=2')
  expect(rest.items.map(({ position, type }) => [position, type])).toEqual([[3, 'recalled']])
  expect(await feed('after=3')).toEqual({ items: [], next: 3 })
})

test('a feed that waits answers as soon as something happens', async () => {
  const { id } = await aReceivedShipment(deps.db, stored())
  const waiting = feed('after=1&wait=20')
  const startedAt = performance.now()
  await happen(deps.db, id, { event: { type: 'recalled', data: {} } })
  expect((await waiting).items.map((item) => item.type)).toEqual(['recalled'])
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('a feed that waits in vain answers with nothing when time is up', async () => {
  await aReceivedShipment(deps.db, stored())
  const startedAt = performance.now()
  expect(await feed('after=1&wait=1')).toEqual({ items: [], next: 1 })
  expect(performance.now() - startedAt).toBeGreaterThan(950)
})

test("another account's events wake nobody", async () => {
  await aReceivedShipment(deps.db, stored())
  const other = await anAccount(deps.db)
  const waiting = feed('after=1&wait=1')
  await aReceivedShipment(deps.db, { accountId: other.account.id })
  expect(await waiting).toEqual({ items: [], next: 1 })
})

test('a reader that is ahead of the account, after a restore, is told where it stands', async () => {
  await aReceivedShipment(deps.db, stored())
  const answer = await fetch(`${origin}/v1/events?after=10`, { headers: sender.headers })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ code: 'positionAhead', detail: expect.stringContaining('position 1.') })
})

test.each(['after=-1', 'limit=201', 'wait=31', 'wait=x', 'until=3'])('the feed refuses %s', async (query) => {
  const answer = await fetch(`${origin}/v1/events?${query}`, { headers: sender.headers })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ errors: [{ parameter: query.split('=')[0] }] })
})

test('under 20 parallel writers a reader meets every position once, in order', async () => {
  const writers = 20
  const lettersEach = 3
  const total = writers * lettersEach * 2
  const seen: number[] = []
  const reading = (async () => {
    let after = 0
    while (seen.length < total) {
      const { items, next } = await feed(`after=${after}&wait=10&limit=7`)
      expect(items.length).toBeGreaterThan(0)
      seen.push(...items.map((item) => item.position))
      after = next
    }
  })()
  const write = async (writer: number) => {
    for (let letter = 0; letter < lettersEach; letter++) {
      const { id } = await aReceivedShipment(deps.db, stored())
      await recordEvent(deps.db, id, async (_row, tx) => {
        // Transactions end in another order than they begin.
        await tx.execute(sql`select pg_sleep(${((writer * 7 + letter) % 5) / 100})`)
        return { key: 'recalled', actor: 'sak', event: { type: 'recalled', data: {} } }
      })
    }
  }
  await Promise.all([reading, ...Array.from({ length: writers }, (_, writer) => write(writer))])
  expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1))
})

test('the stream of a shipment gives every event so far, then live', async () => {
  const { id } = await aNotifiedShipment(deps.db, stored())
  const stream = openStream(id)
  expect((await stream.next(4)).map((event) => event.type)).toEqual([
    'received',
    'accepted',
    'madeReadable',
    'notified',
  ])
  await happen(deps.db, id, { event: { type: 'recalled', data: {} } })
  expect(await stream.next(1)).toMatchObject([{ id: '5', type: 'recalled', text: 'Tilbakekalt av avsender' }])
  await stream.leave()
})

test('the stream goes on after the last event that was seen', async () => {
  const { id } = await aNotifiedShipment(deps.db, stored())
  const stream = openStream(id, { 'Last-Event-ID': '3' })
  expect((await stream.next(1)).map((event) => event.id)).toEqual(['4'])
  await stream.leave()
})

test("a shipment's stream carries nothing of others", async () => {
  const { id } = await aReceivedShipment(deps.db, stored())
  const stream = openStream(id)
  await stream.next(1)
  await aReceivedShipment(deps.db, stored())
  await happen(deps.db, id, { event: { type: 'recalled', data: {} } })
  expect((await stream.next(1)).map((event) => event.type)).toEqual(['recalled'])
  await stream.leave()
})

test('nobody asks the database when all have left', async () => {
  const { id } = await aReceivedShipment(deps.db, stored())
  const stream = openStream(id)
  await stream.next(1)
  await stream.leave()
  await expect.poll(() => queriesIn(500), { timeout: 10_000 }).toBe(0)
})

test('a stop ends streams and waiting feeds', async () => {
  const own = await createTestDependencies()
  const app = createApp(own)
  const { account, headers } = await anAccount(own.db)
  const { id } = await aReceivedShipment(own.db, { accountId: account.id })
  const stream = await app.request(`/v1/shipments/${id}/events`, { headers })
  const waiting = app.request('/v1/events?after=1&wait=30', { headers })
  const body = stream.text()
  own.stop()
  expect(await body).toContain('Mottatt')
  expect(await (await waiting).json()).toEqual({ items: [], next: 1 })
  await own.remove()
})

/** How often the counters were asked for within the time. */
async function queriesIn(ms: number): Promise<number> {
  const scans = async () => {
    await deps.db.execute(sql`select pg_stat_clear_snapshot(), pg_stat_force_next_flush()`)
    const [row] = await deps.db.execute<{ scans: string }>(
      sql`select seq_scan + idx_scan as scans from pg_stat_user_tables where relname = 'account_counter'`,
    )
    return Number(row?.scans)
  }
  const before = await scans()
  await new Promise((resolve) => setTimeout(resolve, ms))
  return (await scans()) - before
}

type StreamedEvent = { id: string; type: string; text: string }

function openStream(shipmentId: string, headers: Record<string, string> = {}) {
  const left = new AbortController()
  const url = `${origin}/v1/shipments/${shipmentId}/events`
  const lines = (async function* () {
    const answer = await fetch(url, { headers: { ...sender.headers, ...headers }, signal: left.signal })
    expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      const whole = text.split('\n\n')
      text = whole.pop() ?? ''
      yield* whole.filter((block) => !block.startsWith(':')).map(parseEvent)
    }
  })()
  return {
    next: async (count: number) => {
      const events: StreamedEvent[] = []
      while (events.length < count) {
        const { value, done } = await lines.next()
        if (done || !value) throw new Error('The stream ended')
        events.push(value)
      }
      return events
    },
    leave: async () => {
      left.abort()
      await lines.return(undefined).catch(() => {})
    },
  }
}

function parseEvent(block: string): StreamedEvent {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
  return { ...(JSON.parse(fields.data ?? '') as StreamedEvent), id: fields.id ?? '' }
}

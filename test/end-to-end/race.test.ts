import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../embedded/processes.ts'
import { seconds, sendLetter } from './letters.ts'
import type { ShipmentView } from '../../tools/client.ts'
import { startStack } from '../../tools/stack.ts'
import type { Stack } from '../../tools/stack.ts'

const letters = 200
const atOnce = 8

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
}, 150_000)
afterAll(() => stack.destroy(), 30_000)

/** All letters as the list shows them, once every one of them fulfils the condition. */
async function untilAll(condition: (letter: ShipmentView) => boolean): Promise<ShipmentView[]> {
  const client = stack.client()
  return eventually(
    'every letter is so far',
    async () => {
      await pause(400)
      const { items } = (await client.call<{ items: ShipmentView[] }>('GET', `/v1/shipments?limit=${letters}`)).body
      return items.length === letters && items.every(condition) ? items : undefined
    },
    120_000,
  )
}

it('a read that races with print ends as one copy, whoever wins', async () => {
  const client = stack.client()
  await inParallel(letters, async () => {
    await sendLetter(client, { unreadPeriod: seconds(25) })
  })
  const waiting = await untilAll(({ printDeadlineAt }) => printDeadlineAt !== null)
  // Reads are fired around each letter's own deadline, so far after it that a slow machine has printed some by then.
  const answers = await Promise.all(
    waiting.map(async ({ id, printDeadlineAt }, index) => {
      const offsetMs = (index / letters) * 12_000 - 2_000
      await pause(Math.max(0, Date.parse(printDeadlineAt ?? '') + offsetMs - Date.now()))
      return (await client.read(id)).status
    }),
  )
  expect(new Set(answers)).toEqual(new Set([200]))
  const ended = await untilAll(({ status }) => status === 'read' || status === 'sentToPrint')
  const tickets = new Set(readdirSync(join(stack.dataDir, 'print')).filter((name) => name.endsWith('.json')))
  for (const { id, status } of ended) {
    const types = (await client.history(id)).events.map((event) => event.type)
    if (status === 'read') {
      expect(types).not.toContain('handOverBegun')
      expect(tickets).not.toContain(`${id}.json`)
    } else {
      expect(tickets).toContain(`${id}.json`)
      expect(types.indexOf('read')).toBeGreaterThan(types.indexOf('handOverBegun'))
      expect(types.filter((type) => type === 'handedOver')).toHaveLength(1)
    }
  }
  const read = ended.filter(({ status }) => status === 'read').length
  expect(read).toBeGreaterThanOrEqual(20)
  expect(letters - read).toBeGreaterThanOrEqual(20)
}, 300_000)

async function inParallel(times: number, work: () => Promise<void>): Promise<void> {
  let left = times
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

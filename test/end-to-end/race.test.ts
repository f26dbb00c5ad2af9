import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seconds, sendLetter } from './letters.ts'
import { startStack } from '../../tools/stack.ts'
import { waitForStatus } from './wait-for-status.ts'
import type { Stack } from '../../tools/stack.ts'

const letters = 200
const atOnce = 8

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
}, 150_000)
afterAll(() => stack.destroy(), 30_000)

it('a read that races with print ends as one copy, whoever wins', async () => {
  const client = stack.client()
  const ids: string[] = []
  await inParallel(letters, async () => {
    ids.push((await sendLetter(client, { unreadPeriod: seconds(4) })).id)
  })
  // Reads are fired around each letter's own deadline, so far after it that a slow machine has printed some by then.
  const answers = await Promise.all(
    ids.map(async (id, index) => {
      const waiting = await waitForStatus(
        client,
        id,
        ['notified', 'dueForPrint', 'handingOver', 'sentToPrint'],
        120_000,
      )
      const offsetMs = (index / letters) * 12_000 - 2_000
      await pause(Math.max(0, Date.parse(waiting.printDeadlineAt ?? '') + offsetMs - Date.now()))
      return (await client.read(id)).status
    }),
  )
  expect(new Set(answers)).toEqual(new Set([200]))
  const ended = await Promise.all(ids.map((id) => waitForStatus(client, id, ['read', 'sentToPrint'], 120_000)))
  const tickets = new Set(readdirSync(join(stack.dataDir, 'print')).filter((name) => name.endsWith('.json')))
  let read = 0
  for (const { id, status } of ended) {
    const types = (await client.history(id)).events.map((event) => event.type)
    if (status === 'read') {
      read += 1
      expect(types).not.toContain('handOverBegun')
      expect(tickets).not.toContain(`${id}.json`)
    } else {
      expect(tickets).toContain(`${id}.json`)
      expect(types.indexOf('read')).toBeGreaterThan(types.indexOf('handOverBegun'))
      expect(types.filter((type) => type === 'handedOver')).toHaveLength(1)
    }
  }
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

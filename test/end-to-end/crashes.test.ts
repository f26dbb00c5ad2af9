import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../embedded/processes.ts'
import { days, seconds, sendLetter } from './letters.ts'
import { startStack } from '../../tools/stack.ts'
import { waitForStatus } from './wait-for-status.ts'
import type { ServerName, Stack } from '../../tools/stack.ts'

describe('servers that die', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  }, 150_000)
  afterAll(() => stack.destroy(), 30_000)

  const back = (server: ServerName) => eventually(`${server} is back`, () => quietly(() => stack.pidOf(server)), 60_000)

  for (const server of ['worker', 'api', 'temporal', 'postgres'] as const)
    it(`a letter goes on to print after SIGKILL of ${server} in mid-life`, async () => {
      const client = stack.client()
      const { id } = await sendLetter(client, { unreadPeriod: seconds(5) })
      await waitForStatus(client, id, ['notified'])
      await stack.kill(server)
      await back(server)
      await waitForStatus(client, id, ['sentToPrint'], 120_000)
      const { events } = await client.history(id)
      for (const type of ['notified', 'handOverBegun', 'handedOver'])
        expect(events.filter((event) => event.type === type)).toHaveLength(1)
    }, 180_000)

  it('a letter is taken while Temporal is down, and goes on when it is back', async () => {
    const client = stack.client()
    const temporal = stack.pidOf('temporal')
    process.kill(temporal, 'SIGSTOP')
    const before = Date.now()
    const { id, status } = await sendLetter(client, { unreadPeriod: seconds(1) })
    expect(status).toBe('received')
    expect(Date.now() - before).toBeLessThan(5_000)
    const history = await client.history(id)
    expect(history.workflow).toBeNull()
    process.kill(temporal, 'SIGCONT')
    await waitForStatus(client, id, ['sentToPrint'], 150_000)
  }, 180_000)

  it("waiting letters go on when Temporal's database is deleted while API and worker run", async () => {
    const client = stack.client()
    const [unread, read] = [
      await sendLetter(client, { unreadPeriod: seconds(20) }),
      await sendLetter(client, { unreadPeriod: days(30) }),
    ]
    for (const { id } of [unread, read]) await waitForStatus(client, id, ['notified'])
    deleteTemporalDatabase(stack)
    await stack.kill('temporal')
    await back('temporal')
    expect((await client.read(read.id)).body.status).toBe('read')
    await waitForStatus(client, unread.id, ['sentToPrint'], 240_000)
    await eventually(
      'the receipt is issued',
      async () => (await client.history(read.id)).events.some((event) => event.type === 'readReceiptIssued'),
      240_000,
    )
  }, 420_000)

  it("waiting letters go on when everything is restarted without Temporal's database", async () => {
    const client = stack.client()
    const { id } = await sendLetter(client, { unreadPeriod: seconds(20) })
    await waitForStatus(client, id, ['notified'])
    await stack.stop()
    deleteTemporalDatabase(stack)
    await stack.start()
    await waitForStatus(stack.client(), id, ['sentToPrint'], 240_000)
    const types = (await stack.client().history(id)).events.map((event) => event.type)
    expect(types.filter((type) => type === 'notified')).toHaveLength(1)
    expect(types.filter((type) => type === 'handedOver')).toHaveLength(1)
  }, 420_000)
})

function deleteTemporalDatabase(stack: Stack): void {
  const files = readdirSync(stack.dataDir, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /temporal\.(db|sqlite)/.test(file),
  )
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) rmSync(join(stack.dataDir, file))
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

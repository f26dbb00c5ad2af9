import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createTemporal } from '../../../adapters/temporal/client.ts'
import type { Temporal } from '../../../adapters/temporal/client.ts'
import { TemporalUnreachable } from '../../../adapters/temporal/session.ts'
import { freePort } from '../../../embedded/ports.ts'
import { freshDataConverter, serverForTest } from './temporal-server.ts'

const dataConverter = freshDataConverter()
const limitMs = 2_000
/** What a busy machine may add to the limit. */
const slackMs = 500

let server: Awaited<ReturnType<typeof serverForTest>>
let temporal: Temporal
let probe: Connection

beforeAll(async () => {
  server = await serverForTest()
  const { address } = server
  temporal = createTemporal({ address, namespace: 'default', dataConverter })
  probe = Connection.lazy({ address })
  await temporal.prepareNamespace()
})

afterAll(async () => {
  await temporal?.close()
  await probe?.close()
  await server?.remove()
})

test('where nothing answers, every question fails within its limit, and a view says so', async () => {
  const nowhere = createTemporal({ address: `127.0.0.1:${await freePort()}`, namespace: 'default', dataConverter })
  await expectAllToFailInTime(nowhere)
  expect(await nowhere.describeShipment(randomUUID())).toEqual({ reason: 'unreachable' })
  await nowhere.close()
})

test('closing ends the questions under way, and none can be asked after it', async () => {
  const nowhere = createTemporal({ address: `127.0.0.1:${await freePort()}`, namespace: 'default', dataConverter })
  const before = Date.now()
  const asked = [nowhere.startShipment(newShipment()), nowhere.check()]
  const answers = Promise.allSettled(asked)
  await pause(150)
  await nowhere.close()
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(nowhere.check()).rejects.toThrow()
  expect(Date.now() - before).toBeLessThan(1_000)
})

test('a server that hangs makes every question fail within its limit, and is used again when it goes on', async () => {
  server.send('SIGSTOP')
  try {
    await expectAllToFailInTime(temporal)
  } finally {
    server.send('SIGCONT')
  }
  await temporal.startShipment(newShipment())
})

test('a killed server is used again at once when it is back', async () => {
  await temporal.startShipment(newShipment())
  await server.kill()
  await expectAllToFailInTime(temporal)
  expect(await temporal.describeShipment(randomUUID())).toEqual({ reason: 'unreachable' })
  await server.startAgain()
  const before = Date.now()
  await temporal.startShipment(newShipment())
  expect(Date.now() - before).toBeLessThan(limitMs)
})

test('however long a server is away, it is tried again about every second', async () => {
  let attempts = 0
  const dead = createServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  await once(dead.listen(0, '127.0.0.1'), 'listening')
  const { port } = z.object({ port: z.number() }).parse(dead.address())
  const away = createTemporal({ address: `127.0.0.1:${port}`, namespace: 'default', dataConverter })
  await expect(away.check()).rejects.toThrow(TemporalUnreachable)
  // By now gRPC's own pauses would be 1.6, 2.6 and 4.1 s.
  const before = attempts
  await pause(4_000)
  expect(attempts - before).toBeGreaterThanOrEqual(3)
  expect(attempts - before).toBeLessThanOrEqual(6)
  await away.close()
  dead.close()
})

test('when the database was deleted under a running client, the namespace is made ready again', async () => {
  const ref = newShipment()
  await temporal.startShipment(ref)
  await server.kill()
  for (const suffix of ['', '-wal', '-shm']) await rm(server.database + suffix, { force: true })
  await server.startAgain()
  expect(await temporal.describeShipment(ref.shipmentId)).toEqual({ reason: 'notFound' })
  await expect(temporal.startShipment(ref)).rejects.toThrow()

  await temporal.prepareNamespace()
  await temporal.startShipment(ref)
  expect(await temporal.describeShipment(ref.shipmentId)).toMatchObject({ runState: 'running' })
  const { config } = await probe.workflowService.describeNamespace({ namespace: 'default' })
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600)
  const client = new Client({ connection: probe })
  expect((await client.schedule.getHandle('reconcile').describe()).action).toMatchObject({ workflowType: 'reconcile' })
})

async function expectAllToFailInTime(asked: Temporal): Promise<void> {
  const ref = newShipment()
  const questions = [
    () => asked.startShipment(ref),
    () => asked.wakeShipment(ref),
    () => asked.check(),
    () => asked.prepareNamespace(),
    async () => {
      for await (const _ of asked.listRunningShipments()) expect.unreachable()
    },
  ]
  const before = Date.now()
  const answers = await Promise.allSettled(questions.map((ask) => ask()))
  expect(Date.now() - before).toBeLessThan(limitMs + slackMs)
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(TemporalUnreachable) })
  }
}

function newShipment() {
  return { shipmentId: randomUUID(), accountId: randomUUID() }
}

import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { openDatabase } from '../../db/database.ts'
import { reportWorker } from '../../db/workers.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'

let deps: TestDependencies

beforeEach(async () => {
  deps = await createTestDependencies()
})
afterEach(() => deps.remove())

const abilities = {
  taskQueues: ['shipments'],
  converts: ['image/png'],
  channels: ['mailbox'],
  printers: ['folder'],
  temporal: 'connected',
} as const

async function ready(changed: Partial<TestDependencies> = {}) {
  const answer = await createApp({ ...deps, ...changed }).request('/health/ready')
  return { status: answer.status, body: (await answer.json()) as unknown }
}

const states = (postgres: string, blobStore: string, temporal: string) => ({
  postgres: { status: postgres },
  blobStore: { status: blobStore },
  temporal: { status: temporal },
})

test('the process says that it lives', async () => {
  const answer = await createApp(deps).request('/health/live')
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'live' }])
})

test('ready names every dependency and the workers that reported', async () => {
  await reportWorker(deps.db, {
    id: 'w1',
    startedAt: new Date(),
    abilities: {
      ...abilities,
      taskQueues: [...abilities.taskQueues],
      converts: [...abilities.converts],
      channels: [...abilities.channels],
      printers: [...abilities.printers],
    },
  })
  expect(await ready()).toMatchObject({
    status: 200,
    body: {
      status: 'ready',
      dependencies: states('ok', 'ok', 'ok'),
      workers: [{ id: 'w1', abilities }],
    },
  })
})

test('with Temporal down intake goes on', async () => {
  deps.temporal.is = 'down'
  expect(await ready()).toMatchObject({ status: 200, body: { dependencies: states('ok', 'ok', 'down'), workers: [] } })
})

test('a Temporal that hangs does not hang the answer', async () => {
  deps.temporal.is = 'hangs'
  const startedAt = performance.now()
  expect(await ready()).toMatchObject({ status: 200, body: { dependencies: states('ok', 'ok', 'down') } })
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test('with Postgres away nothing can be taken in', async () => {
  const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:9/none', maxConnections: 2, statementTimeoutMs: 1000 })
  expect(await ready({ db: away.db })).toMatchObject({
    status: 503,
    body: { status: 'notReady', dependencies: states('down', 'ok', 'ok'), workers: [] },
  })
  await away.close()
})

test('with the blob store away nothing can be taken in', async () => {
  rmSync(deps.blobDir, { recursive: true })
  writeFileSync(deps.blobDir, 'not a folder')
  expect(await ready()).toMatchObject({ status: 503, body: { dependencies: states('ok', 'down', 'ok') } })
})

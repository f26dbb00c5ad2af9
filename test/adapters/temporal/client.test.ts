import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { activityInfo } from '@temporalio/activity'
import { Client, Connection } from '@temporalio/client'
import proto from '@temporalio/proto'
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createTemporal } from '../../../adapters/temporal/client.ts'
import type { Temporal } from '../../../adapters/temporal/client.ts'
import type { WorkflowView } from '../../../adapters/temporal/describe-shipment.ts'
import { shipmentWorkflowId, taskQueue } from '../../../domain/shipment-workflow.ts'
import { failureConverterPath, freshDataConverter, serverForTest } from './temporal-server.ts'
import type { TinyActivities } from './tiny-workflows.ts'

const dataConverter = freshDataConverter()
const accountId = randomUUID()
const printable = new Set<string>()
const waiting = { timeout: 15_000, interval: 100 }

const activities: TinyActivities = {
  readFacts: async () => 'Letter-9f3c',
  convert: async (shipmentId) => shipmentId,
  print: async () => {
    const { workflowExecution } = activityInfo()
    if (printable.has(workflowExecution?.workflowId ?? '')) return
    throw new Error(`FailureMessage-9f3c ${'x'.repeat(600)}`)
  },
}

let server: Awaited<ReturnType<typeof serverForTest>>
let temporal: Temporal
let reader: Client
let stranger: Client
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await serverForTest()
  closing.push(server.remove)
  const { address } = server
  temporal = createTemporal({ address, namespace: 'default', uiUrl: 'http://127.0.0.1:8233/', dataConverter })
  const connection = Connection.lazy({ address })
  reader = new Client({ connection, dataConverter })
  stranger = new Client({ connection })
  closing.push(temporal.close, () => connection.close())
  await temporal.prepareNamespace()
  await startWorker(address)
})

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

test('a shipment is started once, however often it is asked for, and anew after its workflow has closed', async () => {
  const ref = newShipment()
  await Promise.all([temporal.startShipment(ref), temporal.startShipment(ref), temporal.startShipment(ref)])
  const handle = reader.workflow.getHandle(shipmentWorkflowId(ref.shipmentId))
  const first = await handle.describe()
  await temporal.startShipment(ref)
  expect((await handle.describe()).runId).toBe(first.runId)
  expect(first).toMatchObject({ type: 'shipment', taskQueue: 'shipments', status: { name: 'RUNNING' } })
  expect(await first.staticSummary()).toBe(`Shipment ${ref.shipmentId}`)

  await handle.terminate('by a test')
  await temporal.startShipment(ref)
  const second = await handle.describe()
  expect(second.runId).not.toBe(first.runId)
  expect(second.status.name).toBe('RUNNING')
})

test('a wake-up reaches the running workflow, and starts the one that does not run', async () => {
  const ref = newShipment()
  const handle = reader.workflow.getHandle(shipmentWorkflowId(ref.shipmentId))
  await temporal.wakeShipment(ref)
  await vi.waitFor(async () => expect(await handle.query('wakeUps')).toBe(1), waiting)
  const first = await handle.describe()
  await temporal.wakeShipment(ref)
  await vi.waitFor(async () => expect(await handle.query('wakeUps')).toBe(2), waiting)
  expect((await handle.describe()).runId).toBe(first.runId)
  await handle.terminate('by a test')
  await temporal.wakeShipment(ref)
  await vi.waitFor(async () => expect(await handle.query('wakeUps')).toBe(1), waiting)
})

test('a view shows the steps done, and the one that fails with its attempt and decoded reason', async () => {
  const ref = newShipment()
  await temporal.startShipment(ref)
  const view = await vi.waitFor(async () => {
    const now = found(await temporal.describeShipment(ref.shipmentId))
    expect(now.pending[0]?.attempt).toBeGreaterThan(2)
    return now
  }, waiting)
  const { runId } = await reader.workflow.getHandle(shipmentWorkflowId(ref.shipmentId)).describe()
  expect(view).toEqual({
    runState: 'running',
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    closedAt: null,
    stepsDone: [
      { step: 'readFacts', at: expect.stringMatching(/^\d{4}-.*Z$/) },
      { step: 'convert', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    ],
    pending: [
      {
        step: 'print',
        attempt: expect.any(Number),
        lastFailure: `FailureMessage-9f3c ${'x'.repeat(600)}`.slice(0, 500),
      },
    ],
    uiUrl: `http://127.0.0.1:8233/namespaces/default/workflows/shipment-${ref.shipmentId}/${runId}/history`,
  })

  await finish(ref.shipmentId)
  const end = found(await temporal.describeShipment(ref.shipmentId))
  expect(end).toMatchObject({ runState: 'completed', closedAt: expect.stringMatching(/Z$/), pending: [] })
  expect(end.stepsDone.map(({ step }) => step)).toEqual(['readFacts', 'convert', 'print'])
})

test('a view without the right key still shows the steps, and says why the reason is missing', async () => {
  const ref = newShipment()
  await temporal.startShipment(ref)
  const { address } = server
  const other = createTemporal({ address, namespace: 'default', dataConverter: freshDataConverter() })
  await vi.waitFor(async () => {
    const view = found(await other.describeShipment(ref.shipmentId))
    expect(view.pending[0]?.lastFailure).toMatch(
      /^Payload was changed after encryption, or key "test" has another value/,
    )
    expect(view.stepsDone).toHaveLength(2)
    expect(view.uiUrl).toBeNull()
  }, waiting)
  await other.close()
})

test('a shipment that was never started, and a namespace that is not there, are not found', async () => {
  expect(await temporal.describeShipment(randomUUID())).toEqual({ reason: 'notFound' })
  const elsewhere = createTemporal({ address: server.address, namespace: 'elsewhere', dataConverter })
  expect(await elsewhere.describeShipment(randomUUID())).toEqual({ reason: 'notFound' })
  await expect(elsewhere.check()).rejects.toThrow()
  await elsewhere.close()
  await temporal.check()
})

test('the running shipments are listed, and no others', async () => {
  const [stays, ends] = [newShipment(), newShipment()]
  await Promise.all([temporal.startShipment(stays), temporal.startShipment(ends)])
  await vi.waitFor(async () => {
    expect(await listed()).toEqual(expect.arrayContaining([stays.shipmentId, ends.shipmentId]))
  }, waiting)
  await finish(ends.shipmentId)
  await vi.waitFor(async () => {
    const ids = await listed()
    expect(ids).toContain(stays.shipmentId)
    expect(ids).not.toContain(ends.shipmentId)
  }, waiting)
})

test('Temporal stores no payload, summary, failure message or stack that can be read; type and search attributes can', async () => {
  const ref = newShipment()
  await temporal.startShipment(ref)
  await vi.waitFor(async () => {
    const view = found(await temporal.describeShipment(ref.shipmentId))
    expect(view.pending[0]?.lastFailure).toMatch(/^FailureMessage-9f3c/)
  }, waiting)
  const asked = stranger.workflow.getHandle(shipmentWorkflowId(ref.shipmentId))
  const { raw } = await asked.describe()
  const pending = Buffer.from(
    proto.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.encode(raw).finish(),
  )
  expect(pending.includes('Encoded failure')).toBe(true)
  expect(await finish(ref.shipmentId)).toBe('Result-9f3c')
  const history = Buffer.from(proto.temporal.api.history.v1.History.encode(await asked.fetchHistory()).finish())
  const database = await readFile(server.database)
  const log = await readFile(`${server.database}-wal`)

  for (const stored of [pending, history, database, log]) {
    for (const secret of ['-9f3c', `Shipment ${ref.shipmentId}`, 'json/plain"', 'client.test']) {
      expect(stored.includes(secret), secret).toBe(false)
    }
  }
  for (const clear of [
    'shipment',
    'readFacts',
    'convert',
    'print',
    'SenderId',
    accountId,
    'ShipmentStage',
    'received',
  ]) {
    expect(history.includes(clear), clear).toBe(true)
  }
})

test('several workers at once make a namespace ready that is not there, and letters can be started at once', async () => {
  const namespace = `fresh-${randomUUID()}`
  const { address } = server
  const workers = [1, 2, 3].map(() => createTemporal({ address, namespace, dataConverter }))
  await Promise.all(workers.map((one) => one.prepareNamespace()))
  await Promise.all(workers.map((one) => one.startShipment(newShipment())))
  await workers[0]?.prepareNamespace()

  const { config } = await reader.workflowService.describeNamespace({ namespace })
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600)
  const { customAttributes } = await reader.connection.operatorService.listSearchAttributes({ namespace })
  expect(customAttributes).toMatchObject({ ShipmentStage: 2, SenderId: 2, ShipmentProblem: 2, PrintDeadline: 6 })
  const schedules = new Client({ connection: reader.connection, namespace }).schedule
  const schedule = await schedules.getHandle('reconcile').describe()
  expect(schedule).toMatchObject({
    action: { type: 'startWorkflow', workflowType: 'reconcile', taskQueue: 'shipments' },
    policies: { overlap: 'SKIP', catchupWindow: 30_000 },
    spec: { intervals: [{ every: 60_000 }] },
  })
  await Promise.all(workers.map((one) => one.close()))
})

test('a retention that someone changed is set back, a search attribute of a wrong type is named', async () => {
  const namespace = `changed-${randomUUID()}`
  const { connection } = reader
  const dayLong = { seconds: proto.google.protobuf.Duration.fromObject({ seconds: 86_400 }).seconds }
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: dayLong })
  await vi.waitFor(async () => {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { SenderId: 1 } })
    expect((await connection.operatorService.listSearchAttributes({ namespace })).customAttributes.SenderId).toBe(1)
  }, waiting)
  const changed = createTemporal({ address: server.address, namespace, dataConverter })
  await expect(changed.prepareNamespace()).rejects.toThrow(
    /^Search attribute SenderId of namespace changed-.*TEXT, not .*KEYWORD/,
  )
  const { config } = await connection.workflowService.describeNamespace({ namespace })
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600)
  await changed.close()
})

async function startWorker(address: string): Promise<void> {
  const logger = new DefaultLogger('ERROR', () => {})
  Runtime.install({ logger })
  const connection = await NativeConnection.connect({ address })
  const workflowsPath = fileURLToPath(new URL('tiny-workflows.ts', import.meta.url))
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger })
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, dataConverter, activities })
  const ended = worker.run()
  closing.push(async () => {
    worker.shutdown()
    await ended
    await connection.close()
  })
}

function newShipment() {
  return { shipmentId: randomUUID(), accountId }
}

function found(view: WorkflowView) {
  if ('reason' in view) throw new Error(`no view: ${view.reason}`)
  return view
}

async function finish(shipmentId: string): Promise<unknown> {
  printable.add(shipmentWorkflowId(shipmentId))
  await temporal.wakeShipment({ shipmentId, accountId })
  return reader.workflow.getHandle(shipmentWorkflowId(shipmentId)).result()
}

async function listed(): Promise<string[]> {
  const ids: string[] = []
  for await (const id of temporal.listRunningShipments()) ids.push(id)
  return ids
}

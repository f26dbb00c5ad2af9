import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { ApplicationFailure } from '@temporalio/activity'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Activities } from '../../activities/index.ts'
import { createTemporal } from '../../adapters/temporal/client.ts'
import type { Temporal } from '../../adapters/temporal/client.ts'
import { factsChangedSignal, shipmentWorkflowId, taskQueue } from '../../domain/shipment-workflow.ts'
import type { ParkInput, StepInput, WorkflowFacts } from '../../domain/shipment-workflow.ts'
import { serverForTest } from '../adapters/temporal/temporal-server.ts'
import { eventually } from '../embedded/processes.ts'

type Steps = Partial<Record<keyof Activities, (input: ParkInput & StepInput) => Promise<WorkflowFacts>>>

const accountId = randomUUID()
const day = 24 * 60 * 60 * 1000

function facts(next: WorkflowFacts['next'], replaced: Partial<WorkflowFacts> = {}): WorkflowFacts {
  const deadlineAt = next === 'wait' ? new Date(Date.now() + day).toISOString() : null
  return { next, status: 'notified', revision: 1, senderId: accountId, deadlineAt, problem: null, ...replaced }
}

describe("a shipment's workflow", () => {
  let server: Awaited<ReturnType<typeof serverForTest>>
  let temporal: Temporal
  let client: Client
  let connection: NativeConnection
  let workflowBundle: WorkflowBundleWithSourceMap
  let stopWorker: () => Promise<void> = async () => {}

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') })
    server = await serverForTest()
    const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url))
    workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
    temporal = createTemporal({ address: server.address, namespace: 'default', dataConverter: {} })
    client = new Client({ connection: await Connection.connect({ address: server.address }) })
    connection = await NativeConnection.connect({ address: server.address })
    await temporal.prepareNamespace()
  }, 120_000)
  afterEach(() => stopWorker())
  afterAll(async () => {
    await connection.close()
    await temporal.close()
    await client.connection.close()
    await server.remove()
  })

  async function run(steps: Steps): Promise<{ id: string; handle: ReturnType<Client['workflow']['getHandle']> }> {
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities: steps, dataConverter: {} })
    const running = worker.run()
    stopWorker = async () => {
      worker.shutdown()
      await running
      stopWorker = async () => {}
    }
    const shipmentId = randomUUID()
    await temporal.startShipment({ shipmentId, accountId })
    return { id: shipmentId, handle: client.workflow.getHandle(shipmentWorkflowId(shipmentId)) }
  }

  it('a wake-up between reading the facts and waiting is not lost', async () => {
    let looks = 0
    const { handle } = await run({
      look: async ({ shipmentId }) => {
        looks += 1
        if (looks > 1) return facts('end', { status: 'read', revision: 2 })
        const stale = facts('wait')
        // The fact is committed and signalled after these facts were read, and before the workflow waits on them.
        await client.workflow.getHandle(shipmentWorkflowId(shipmentId)).signal(factsChangedSignal)
        return stale
      },
    })
    await handle.result()
    expect(looks).toBe(2)
  })

  it('wakes when it is told, and not before', async () => {
    let status: WorkflowFacts['status'] = 'notified'
    let looks = 0
    const { handle } = await run({
      look: async () => {
        looks += 1
        return status === 'read' ? facts('end', { status, revision: 2 }) : facts('wait')
      },
    })
    await eventually('it waits', () => looks === 1)
    status = 'read'
    await handle.signal(factsChangedSignal)
    await handle.result()
    expect(looks).toBe(2)
  })

  it('looks again at the deadline, with its own time', async () => {
    const deadlineAt = new Date(Date.now() + 1_500).toISOString()
    const asked: string[] = []
    const { handle } = await run({
      look: async ({ now }) => {
        asked.push(now)
        return Date.parse(now) >= Date.parse(deadlineAt) ? facts('becomeDue') : facts('wait', { deadlineAt })
      },
      becomeDue: async () => facts('end', { status: 'sentToPrint', revision: 2 }),
    })
    await handle.result()
    expect(Date.parse(asked.at(-1) ?? '')).toBeGreaterThanOrEqual(Date.parse(deadlineAt))
  })

  it("parks with the step's own problem, and goes on when a person has cleared it", async () => {
    let problem: WorkflowFacts['problem'] = null
    let restored = false
    const parked: ParkInput[] = []
    const { id, handle } = await run({
      look: async () => (problem ? facts('askPerson', { problem, revision: 2 }) : facts('store', { revision: 3 })),
      store: async () => {
        if (restored) return facts('end', { revision: 4 })
        throw ApplicationFailure.nonRetryable('the original is damaged', 'OriginalDamaged')
      },
      park: async (input) => {
        parked.push(input)
        problem = input.problem
        return facts('askPerson', { problem, revision: 2 })
      },
    })
    await eventually('it is parked', () => parked.length === 1)
    expect(parked[0]).toMatchObject({ shipmentId: id, step: 'store', problem: 'OriginalDamaged' })
    await eventually('operators can search for it', async () => {
      const { typedSearchAttributes } = await handle.describe()
      return typedSearchAttributes
        .getAll()
        .some(({ key, value }) => key.name === 'ShipmentProblem' && value === 'OriginalDamaged')
    })
    problem = null
    restored = true
    await handle.signal(factsChangedSignal)
    await handle.result()
  })

  it('a step that moves nothing is parked instead of spinning', async () => {
    const parked: ParkInput[] = []
    const { handle } = await run({
      look: async () => facts('accept'),
      accept: async () => facts('accept'),
      park: async (input) => {
        parked.push(input)
        return facts('end', { problem: input.problem, revision: 2 })
      },
    })
    await handle.result()
    expect(parked).toEqual([expect.objectContaining({ step: 'accept', problem: 'StepWithoutProgress' })])
  })

  it('a shipment with nothing open returns at once', async () => {
    const { handle } = await run({ look: async () => facts('end', { status: 'recalled' }) })
    await handle.result()
  })
})

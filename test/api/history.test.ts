import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aNotifiedShipment } from '../factories/shipment.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>

beforeAll(async () => {
  deps = await createTestDependencies()
  app = createApp(deps)
})
beforeEach(() => {
  deps.temporal.is = 'up'
})
afterAll(() => deps.remove())

async function historyOf() {
  const { account, headers } = await anAccount(deps.db)
  const { id } = await aNotifiedShipment(deps.db, { accountId: account.id })
  const answer = await app.request(`/v1/shipments/${id}/history`, { headers })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<'events' | 'workflow' | 'workflowMissing', unknown>
}

test('history is the events in the words of the trade, and the view of the workflow', async () => {
  const { events, workflow, workflowMissing } = await historyOf()
  expect(events).toMatchObject([
    { seq: 1, type: 'received', actor: 'sak', text: 'Mottatt, og tildelt forsendelse-id', data: { documents: 1 } },
    { seq: 2, type: 'accepted', actor: 'postgang', text: 'Akseptert for ekspedering' },
    { seq: 3, type: 'madeReadable' },
    { seq: 4, type: 'notified', text: expect.stringContaining('Lesefristen er 7 døgn') },
  ])
  expect(workflow).toMatchObject({ runState: 'running', pending: [{ step: 'notify', attempt: 3 }] })
  expect(workflowMissing).toBeNull()
})

test('with Temporal down the events are there, and the workflow is null with a reason', async () => {
  deps.temporal.is = 'down'
  expect(await historyOf()).toMatchObject({
    events: { length: 4 },
    workflow: null,
    workflowMissing: { reason: 'unreachable', detail: expect.stringContaining('Temporal does not answer') },
  })
})

test('a Temporal that hangs does not hang the history', async () => {
  deps.temporal.is = 'hangs'
  const startedAt = performance.now()
  expect(await historyOf()).toMatchObject({ workflow: null, workflowMissing: { reason: 'unreachable' } })
  expect(performance.now() - startedAt).toBeLessThan(4_000)
})

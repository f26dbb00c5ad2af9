import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aNotifiedShipment, aPrintedShipment, aReceivedShipment, happen } from '../factories/shipment.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>
let sender: Awaited<ReturnType<typeof anAccount>>

beforeAll(async () => {
  deps = await createTestDependencies({ rules: { allowShort: false, allowSynthetic: false } })
  app = createApp(deps)
  sender = await anAccount(deps.db)
})
afterAll(() => deps.remove())
beforeEach(() => {
  deps.temporal.is = 'up'
  deps.temporal.woken.length = 0
})

type Answer = { status: number; body: Record<string, unknown> }

async function command(id: string, name: string, body?: unknown): Promise<Answer> {
  const answer = await app.request(`/v1/shipments/${id}/${name}`, {
    method: 'POST',
    headers: { ...sender.headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const stored = () => ({ accountId: sender.account.id })
const received = () => aReceivedShipment(deps.db, stored())
const notified = () => aNotifiedShipment(deps.db, stored())
const printed = () => aPrintedShipment(deps.db, stored())
const receipt = { readAt: '2026-11-20T12:00:00+01:00', reader: { personId: '01010750160' }, system: 'Innsyn' }

async function textsOf(id: string): Promise<string[]> {
  const answer = await app.request(`/v1/shipments/${id}/history`, { headers: sender.headers })
  return ((await answer.json()) as { events: { text: string }[] }).events.map((event) => event.text)
}

test('a read is answered from the commit, shown with the reader, and wakes the workflow', async () => {
  const { id } = await notified()
  expect(await command(id, 'read', receipt)).toMatchObject({
    status: 200,
    body: { id, status: 'read', readAt: '2026-11-20T11:00:00.000Z' },
  })
  expect(deps.temporal.woken).toEqual([{ shipmentId: id, accountId: sender.account.id }])
  expect((await textsOf(id)).at(-1)).toBe("Lest eksternt 20.11.2026 12:00:00 av 01010750160 i systemet 'Innsyn'")
})

test('who read it stands only encrypted in the database', async () => {
  const { id } = await notified()
  await command(id, 'read', receipt)
  const rows = await deps.db.query.shipmentEvent.findMany({ where: (event, { eq }) => eq(event.shipmentId, id) })
  const text = rows.map((row) => JSON.stringify(row.data) + (row.personSealed?.toString('latin1') ?? '')).join()
  expect(text).not.toContain(receipt.reader.personId)
  expect(rows.filter((row) => row.personSealed)).toHaveLength(1)
})

test('a read reported twice stands as it was first', async () => {
  const { id } = await notified()
  await command(id, 'read', receipt)
  const again = await command(id, 'read', { ...receipt, readAt: '2026-11-21T12:00:00+01:00' })
  expect(again).toMatchObject({ status: 200, body: { readAt: '2026-11-20T11:00:00.000Z' } })
})

test('a read after the hand-over is recorded, and the letter stays printed', async () => {
  const { id } = await printed()
  expect(await command(id, 'read', receipt)).toMatchObject({
    status: 200,
    body: { status: 'sentToPrint', readAt: '2026-11-20T11:00:00.000Z' },
  })
})

test('a reader may be an organisation or a name', async () => {
  for (const reader of [{ organisationId: '974760673' }, { name: 'Kari Nordmann' }]) {
    const { id } = await notified()
    expect(await command(id, 'read', { ...receipt, reader })).toMatchObject({ status: 200 })
    expect((await textsOf(id)).at(-1)).toContain(Object.values(reader)[0])
  }
})

test.each([
  [{ ...receipt, readAt: '2026-11-20T12:00:00' }, '/readAt', 'invalidFormat'],
  [{ ...receipt, readAt: '2126-11-20T12:00:00Z' }, '/readAt', 'inTheFuture'],
  [{ ...receipt, reader: {} }, '/reader', 'oneReader'],
  [{ ...receipt, reader: { name: 'Kari', personId: '01010750160' } }, '/reader', 'oneReader'],
  [{ ...receipt, reader: { personId: '01010750161' } }, '/reader/personId', 'personIdInvalid'],
  [{ ...receipt, reader: { organisationId: '974760674' } }, '/reader/organisationId', 'organisationIdInvalid'],
  [{ ...receipt, reader: { name: '' } }, '/reader/name', 'nameLength'],
  [{ ...receipt, system: undefined }, '/system', 'required'],
  [{ ...receipt, by: 'me' }, '/by', 'unknownField'],
])('the receipt %j is refused at %s', async (body, pointer, code) => {
  const { id } = await notified()
  const answer = await command(id, 'read', body)
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalidRequest' } })
  expect(answer.body.errors).toEqual([{ pointer, code, detail: expect.any(String) }])
})

test('a waiting letter can be recalled, twice without harm', async () => {
  const { id } = await notified()
  expect(await command(id, 'recall')).toMatchObject({ status: 200, body: { status: 'recalled' } })
  expect(await command(id, 'recall', {})).toMatchObject({ status: 200, body: { status: 'recalled' } })
})

test('a letter handled by a person ends', async () => {
  const { id } = await notified()
  expect(await command(id, 'handled')).toMatchObject({ status: 200, body: { status: 'handledManually' } })
})

test('print can be asked for without waiting', async () => {
  const { id } = await notified()
  expect(await command(id, 'print')).toMatchObject({ status: 200, body: { nextAction: { what: 'becomeDue' } } })
})

test("a waiting letter's deadline moves with its own unread period", async () => {
  const { id, notifiedAt } = await notified()
  const deadline = new Date((notifiedAt?.getTime() ?? 0) + 100 * 3_600_000).toISOString()
  expect(await command(id, 'unread-period', { amount: 100, unit: 'hours' })).toMatchObject({
    status: 200,
    body: { unreadPeriod: { amount: 100, unit: 'hours' }, printDeadlineAt: deadline },
  })
})

test.each([
  [{ amount: 0, unit: 'days' }, '/amount', 'unreadPeriodOutOfRange'],
  [{ amount: 401, unit: 'days' }, '/amount', 'unreadPeriodOutOfRange'],
  [{ amount: 1.5, unit: 'days' }, '/amount', 'unreadPeriodAmount'],
  [{ amount: 30, unit: 'seconds' }, '/unit', 'unreadPeriodUnit'],
  [{ amount: 1, unit: 'fortnights' }, '/unit', 'unknownValue'],
  [{ amount: '1', unit: 'days' }, '/amount', 'wrongType'],
])('the unread period %j is refused', async (period, pointer, code) => {
  const { id } = await notified()
  const answer = await command(id, 'unread-period', period)
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toEqual([{ pointer, code, detail: expect.any(String) }])
})

test('a retry clears the problem', async () => {
  const { id } = await withProblem('StepFailing')
  expect(await command(id, 'retry')).toMatchObject({ status: 200, body: { problem: null } })
  expect(deps.temporal.woken).toHaveLength(1)
})

test('where the hand-over is in question, a person says what the printer has', async () => {
  const { id } = await handOverUnknown()
  expect(await command(id, 'retry')).toMatchObject({ status: 409, body: { code: 'handOverAnswerNeeded' } })
  expect(await command(id, 'retry', { handOver: 'happened' })).toMatchObject({
    status: 200,
    body: { status: 'sentToPrint', problem: null },
  })
})

const tooLate: [name: string, prepare: () => Promise<{ id: string }>, code: string, says: string][] = [
  ['read', received, 'notReadableYet', 'not readable yet'],
  ['read', () => after('recall'), 'noLongerReadable', 'not readable any more'],
  ['recall', () => after('read'), 'alreadyRead', 'read the letter at 2026-11-20T11:00:00.000Z'],
  ['recall', printed, 'alreadyHandedOver', 'takes nothing back'],
  ['recall', () => after('handled'), 'alreadyEnded', 'ended with the status handledManually'],
  ['print', printed, 'alreadyHandedOver', 'hand-over'],
  ['print', digitalOnly, 'digitalOnly', 'never printed'],
  ['handled', printed, 'alreadyHandedOver', 'hand-over'],
  ['retry', notified, 'noProblem', 'no problem'],
]

test.each(tooLate)('%s after %o is too late', async (name, prepare, code, says) => {
  const { id } = await prepare()
  deps.temporal.woken.length = 0
  const answer = await command(id, name, name === 'read' ? receipt : undefined)
  expect(answer).toMatchObject({ status: 409, body: { code, type: `/problems/${code}` } })
  expect(answer.body.detail).toContain(says)
  expect(deps.temporal.woken).toEqual([])
})

test('an unread period comes too late for a printed letter', async () => {
  const { id } = await printed()
  const answer = await command(id, 'unread-period', { amount: 2, unit: 'days' })
  expect(answer).toMatchObject({ status: 409, body: { code: 'alreadyHandedOver' } })
})

test('an answer about the hand-over is refused where none is in question', async () => {
  const { id } = await withProblem('StepFailing')
  const answer = await command(id, 'retry', { handOver: 'happened' })
  expect(answer).toMatchObject({ status: 409, body: { code: 'handOverNotInQuestion' } })
})

test('with Temporal down a command is committed and answered all the same', async () => {
  const { id } = await notified()
  deps.temporal.is = 'down'
  expect(await command(id, 'recall')).toMatchObject({ status: 200, body: { status: 'recalled' } })
  expect(deps.logged.at(-2)).toMatchObject({ event: 'wake-failed', shipmentId: id })
})

test('a Temporal that hangs delays the answer by 2 s at most', async () => {
  const { id } = await notified()
  deps.temporal.is = 'hangs'
  const startedAt = performance.now()
  expect(await command(id, 'recall')).toMatchObject({ status: 200 })
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})

test.each([
  ['{"amount": 1,', 'application/json', 400, 'malformedJson'],
  ['amount=1', 'application/x-www-form-urlencoded', 415, 'unsupportedMediaType'],
  [`{"amount": ${'1'.repeat(70_000)}}`, 'application/json', 413, 'bodyTooLarge'],
])('a body that is not JSON, or too large, is refused', async (body, type, status, code) => {
  const { id } = await notified()
  const answer = await app.request(`/v1/shipments/${id}/unread-period`, {
    method: 'POST',
    headers: { ...sender.headers, 'Content-Type': type, 'Content-Length': String(body.length) },
    body,
  })
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ code })
})

test('a command that needs a body says what is missing', async () => {
  const { id } = await notified()
  const answer = await command(id, 'read')
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toEqual(
    ['/readAt', '/reader', '/system'].map((pointer) => ({ pointer, code: 'required', detail: 'This is missing.' })),
  )
})

async function withProblem(code: 'StepFailing' | 'HandOverUnknown', shipment = notified()) {
  const { id } = await shipment
  return happen(deps.db, id, {
    event: { type: 'problemArose', data: { code, step: 'notify' } },
    facts: { problem: code, problemStep: 'notify', problemAt: new Date(), problemCount: 1 },
  })
}

async function handOverUnknown() {
  const { id } = await notified()
  await happen(deps.db, id, { event: { type: 'dueForPrint', data: { because: 'unread' } } })
  return withProblem('HandOverUnknown', happen(deps.db, id, { event: { type: 'handOverBegun', data: { attempt: 1 } } }))
}

async function after(name: 'read' | 'recall' | 'handled') {
  const { id } = await notified()
  await command(id, name, name === 'read' ? receipt : undefined)
  return { id }
}

function digitalOnly() {
  return aNotifiedShipment(deps.db, { ...stored(), facts: { digitalOnly: true } })
}

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aNotifiedShipment, aPrintedShipment, aReceivedShipment } from '../factories/shipment.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>
let sender: Awaited<ReturnType<typeof anAccount>>

beforeAll(async () => {
  deps = await createTestDependencies({ rules: { allowShort: false, allowSynthetic: false } })
  app = createApp(deps)
})
beforeEach(async () => {
  sender = await anAccount(deps.db)
})
afterAll(() => deps.remove())

async function put(body: unknown, query = '') {
  const answer = await app.request(`/v1/settings${query}`, {
    method: 'PUT',
    headers: { ...sender.headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const get = async () => (await app.request('/v1/settings', { headers: sender.headers })).json()
const threeDays = { amount: 3, unit: 'days' }

test("at first the installation's unread period is in force", async () => {
  expect(await get()).toEqual({
    unreadPeriod: null,
    withoutNotice: 'print',
    revision: 0,
    inForce: { period: { amount: 40, unit: 'workingHours' }, source: 'installation' },
  })
})

test('what is set is in force, and stands for the next who asks', async () => {
  const settings = {
    unreadPeriod: threeDays,
    withoutNotice: 'wait',
    revision: 1,
    inForce: { period: threeDays, source: 'account' },
  }
  expect(await put({ unreadPeriod: threeDays, withoutNotice: 'wait' })).toEqual({
    status: 200,
    body: { ...settings, moving: 0 },
  })
  expect(await get()).toEqual(settings)
})

test('the waiting letters without a period of their own are counted, and moved only where that is asked for', async () => {
  const accountId = sender.account.id
  await aNotifiedShipment(deps.db, { accountId })
  await aNotifiedShipment(deps.db, { accountId })
  await aNotifiedShipment(deps.db, { accountId, facts: { ownUnreadPeriod: { amount: 9, unit: 'days' } } })
  await aReceivedShipment(deps.db, { accountId })
  await aPrintedShipment(deps.db, { accountId })
  const settings = { unreadPeriod: threeDays, withoutNotice: 'print' }
  expect((await put(settings)).body.moving).toBe(0)
  expect((await put(settings, '?applyTo=waiting')).body.moving).toBe(2)
  const moves = await deps.db.query.periodMove.findMany({ where: (move, { eq }) => eq(move.accountId, accountId) })
  expect(moves).toMatchObject([{ revision: 2, period: threeDays, source: 'account', doneAt: null }])
})

test('what is left out stays as it is, and the answer of a GET may be sent back', async () => {
  await put({ unreadPeriod: threeDays, withoutNotice: 'wait' })
  expect(await put({ withoutNotice: 'print' })).toMatchObject({
    body: { unreadPeriod: threeDays, withoutNotice: 'print' },
  })
  expect(await put({ ...((await get()) as object), unreadPeriod: null })).toMatchObject({
    status: 200,
    body: { unreadPeriod: null, inForce: { source: 'installation' } },
  })
})

test("one account's settings are not another's", async () => {
  await put({ unreadPeriod: threeDays, withoutNotice: 'wait' })
  sender = await anAccount(deps.db)
  expect(await get()).toMatchObject({ unreadPeriod: null, revision: 0 })
})

test.each([
  [
    { unreadPeriod: { amount: 401, unit: 'days' }, withoutNotice: 'print' },
    '/unreadPeriod/amount',
    'unreadPeriodOutOfRange',
  ],
  [
    { unreadPeriod: { amount: 0, unit: 'days' }, withoutNotice: 'print' },
    '/unreadPeriod/amount',
    'unreadPeriodOutOfRange',
  ],
  [{ unreadPeriod: { amount: 5, unit: 'minutes' }, withoutNotice: 'print' }, '/unreadPeriod/unit', 'unreadPeriodUnit'],
  [{ unreadPeriod: null, withoutNotice: 'burn' }, '/withoutNotice', 'unknownValue'],
  [{ unreadPeriod: null, withoutNotice: 'print', colour: 'red' }, '/colour', 'unknownField'],
])('the settings %j are refused at %s', async (body, pointer, code) => {
  const answer = await put(body)
  expect(answer.status).toBe(422)
  expect(answer.body.errors).toEqual([{ pointer, code, detail: expect.any(String) }])
  expect(await get()).toMatchObject({ revision: 0 })
})

test('settings are applied to waiting letters or not, to nothing else', async () => {
  const answer = await put({ unreadPeriod: null, withoutNotice: 'print' }, '?applyTo=all')
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ parameter: 'applyTo', code: 'unknownValue' }] } })
})

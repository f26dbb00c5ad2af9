import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aNotifiedShipment, aReceivedShipment, happen } from '../factories/shipment.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>

beforeAll(async () => {
  deps = await createTestDependencies()
  app = createApp(deps)
})
afterAll(() => deps.remove())

type Page = { items: { id: string; number: number; createdAt: string }[]; next: string | null }

async function get<Body>(path: string, headers: Record<string, string>): Promise<Body> {
  const answer = await app.request(path, { headers })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Body
}

test('a shipment is shown in the words it was sent in, and says what it waits for', async () => {
  const { account, headers } = await anAccount(deps.db)
  const { id, createdAt } = await aReceivedShipment(deps.db, {
    accountId: account.id,
    facts: {
      recipientIdKind: 'person',
      recipientIdSealed: deps.seal.seal('01010750160'),
      recipientEmail: 'kari@example.com',
      externalReference: 'sak-1',
      securityLevel: 'high',
      print: { colour: true },
      ownUnreadPeriod: { amount: 5, unit: 'workingDays' },
    },
  })
  expect(await get(`/v1/shipments/${id}`, headers)).toEqual({
    id,
    number: 1,
    status: 'received',
    createdAt: createdAt.toISOString(),
    notifiedAt: null,
    printDeadlineAt: null,
    readAt: null,
    nextAction: { what: 'validate', notBefore: null, because: 'The metadata is about to be validated.' },
    problem: null,
    rejectionReasons: null,
    title: 'Vedtak om barnehageplass',
    recipient: {
      personId: '01010750160',
      organisationId: null,
      name: 'Kari Nordmann',
      address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo', country: null },
      email: 'kari@example.com',
      mobile: null,
      language: null,
    },
    documents: [
      {
        fileName: 'vedtak.pdf',
        mimeType: 'application/pdf',
        excludeFromPrint: false,
        sensitive: false,
        giroPages: [],
      },
    ],
    senderSystem: 'sak',
    externalReference: 'sak-1',
    correlationId: null,
    costCode: null,
    digitalOnly: false,
    securityLevel: 'high',
    visibleTo: [],
    print: { colour: true, duplex: null, letterType: null },
    unreadPeriod: { amount: 5, unit: 'workingDays' },
  })
})

test('a waiting letter says when it is printed', async () => {
  const { account, headers } = await anAccount(deps.db)
  const { id, printDeadlineAt } = await aNotifiedShipment(deps.db, { accountId: account.id })
  expect(await get(`/v1/shipments/${id}`, headers)).toMatchObject({
    status: 'notified',
    printDeadlineAt: printDeadlineAt?.toISOString(),
    nextAction: { what: 'print', notBefore: printDeadlineAt?.toISOString() },
  })
})

test('a problem is shown with what to do', async () => {
  const { account, headers } = await anAccount(deps.db)
  const { id } = await aReceivedShipment(deps.db, { accountId: account.id })
  const problemAt = new Date('2026-11-24T10:00:00Z')
  await happen(deps.db, id, {
    event: { type: 'problemArose', data: { code: 'OriginalDamaged', step: 'store' } },
    facts: { problem: 'OriginalDamaged', problemStep: 'store', problemAt, problemCount: 1 },
  })
  expect(await get(`/v1/shipments/${id}`, headers)).toMatchObject({
    nextAction: { what: 'askPerson' },
    problem: {
      code: 'OriginalDamaged',
      step: 'store',
      at: '2026-11-24T10:00:00.000Z',
      whatToDo: expect.stringContaining('from backup'),
    },
  })
})

test('a rejected shipment gives its reasons', async () => {
  const { account, headers } = await anAccount(deps.db)
  const { id } = await aReceivedShipment(deps.db, { accountId: account.id })
  const reasons = [{ document: 1, code: 'pdfEncrypted' }]
  await happen(deps.db, id, { event: { type: 'rejected', data: { reasons } }, facts: { closedAt: new Date() } })
  expect(await get(`/v1/shipments/${id}`, headers)).toMatchObject({ status: 'rejected', rejectionReasons: reasons })
})

test('an id that can not be is not there', async () => {
  const { headers } = await anAccount(deps.db)
  expect((await app.request('/v1/shipments/1', { headers })).status).toBe(404)
})

test('pages go from the newest to the oldest, each shipment once, also while new ones come', async () => {
  const { account, headers } = await anAccount(deps.db)
  for (let count = 0; count < 7; count++) await aReceivedShipment(deps.db, { accountId: account.id })
  const first = await get<Page>('/v1/shipments?limit=3', headers)
  await aReceivedShipment(deps.db, { accountId: account.id })
  const second = await get<Page>(`/v1/shipments?limit=3&after=${first.next}`, headers)
  const third = await get<Page>(`/v1/shipments?limit=3&after=${second.next}`, headers)
  const numbers = [first, second, third].map((page) => page.items.map((item) => item.number))
  expect(numbers).toEqual([[7, 6, 5], [4, 3, 2], [1]])
  expect(third.next).toBeNull()
})

test('a page that is exactly full and the last says so', async () => {
  const { account, headers } = await anAccount(deps.db)
  for (let count = 0; count < 2; count++) await aReceivedShipment(deps.db, { accountId: account.id })
  expect((await get<Page>('/v1/shipments?limit=2', headers)).next).toBeNull()
})

test('filters choose among the shipments, alone and together', async () => {
  const { account, headers } = await anAccount(deps.db)
  const store = (facts: object) => aReceivedShipment(deps.db, { accountId: account.id, facts })
  const at = (day: number) => new Date(`2026-11-0${day}T12:00:00Z`)
  await store({ externalReference: 'A', correlationId: 'x', createdAt: at(1) })
  await store({ externalReference: 'A', correlationId: 'y', createdAt: at(2) })
  await store({ externalReference: 'B', senderSystem: 'post', createdAt: at(3) })
  const last = await store({ createdAt: at(4) })
  await happen(deps.db, last.id, { event: { type: 'recalled', data: {} } })
  const numbersOf = async (query: string) =>
    (await get<Page>(`/v1/shipments?${query}`, headers)).items.map((item) => item.number)
  expect(await numbersOf('externalReference=A')).toEqual([2, 1])
  expect(await numbersOf('externalReference=A&correlationId=y')).toEqual([2])
  expect(await numbersOf('senderSystem=post')).toEqual([3])
  expect(await numbersOf('status=recalled')).toEqual([4])
  expect(await numbersOf('number=1')).toEqual([1])
  expect(await numbersOf('createdFrom=2026-11-02T13:00:00%2B01:00&createdTo=2026-11-04T12:00:00Z')).toEqual([3, 2])
  expect(await numbersOf('externalReference=C')).toEqual([])
})

test.each([
  ['limit=0', 'limit', 'tooSmall'],
  ['limit=201', 'limit', 'tooLarge'],
  ['limit=x', 'limit', 'wrongType'],
  ['status=lost', 'status', 'unknownValue'],
  ['after=bm9uc2Vuc2U', 'after', 'invalidCursor'],
  ['after=%00', 'after', 'invalidCursor'],
  ['number=99999999999', 'number', 'tooLarge'],
  ['createdFrom=2026-11-02T12:00:00', 'createdFrom', 'invalidFormat'],
  ['reference=A', 'reference', 'unknownField'],
])('the query %s is refused by name', async (query, parameter, code) => {
  const { headers } = await anAccount(deps.db)
  const answer = await app.request(`/v1/shipments?${query}`, { headers })
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({
    code: 'invalidRequest',
    errors: [{ parameter, code, detail: expect.any(String) }],
  })
})

test('a text that no database can hold is a 400, in the path of reading as in a command', async () => {
  const { account, headers } = await anAccount(deps.db)
  const { id } = await aNotifiedShipment(deps.db, { accountId: account.id })
  expect((await app.request('/v1/shipments?externalReference=a%00b', { headers })).status).toBe(400)
  const answer = await app.request(`/v1/shipments/${id}/read`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ readAt: new Date().toISOString(), reader: { name: 'Kari' }, system: 'a\u0000b' }),
  })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'malformedRequest' })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { createKey, revokeKey } from '../../db/keys.ts'
import type { Scope } from '../../db/schema.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aReceivedShipment } from '../factories/shipment.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>

beforeAll(async () => {
  deps = await createTestDependencies()
  app = createApp(deps)
})
afterAll(() => deps.remove())

const someId = 'f3f3a7a6-6f5b-4a39-9d0c-1d9a3e9b6a01'

test.each(['/v1/shipments', `/v1/shipments/${someId}`, '/v1/events', '/v1/settings', '/v1/nothing'])(
  'without a key %s answers 401 and says how to authenticate',
  async (path) => {
    const answer = await app.request(path)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="postgang"')
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'keyMissing', type: '/problems/keyMissing', status: 401 })
  },
)

test.each(['Bearer postgang_unknown', 'bearer postgang_unknown'])('%s is a key that is not known', async (header) => {
  const answer = await app.request('/v1/shipments', { headers: { Authorization: header } })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('WWW-Authenticate')).toContain('error="invalid_token"')
  expect(await answer.json()).toMatchObject({ code: 'keyUnknown' })
})

test('a key in another scheme is no key', async () => {
  const { key } = await anAccount(deps.db)
  const answer = await app.request('/v1/shipments', { headers: { Authorization: `Basic ${key}` } })
  expect(await answer.json()).toMatchObject({ code: 'keyMissing' })
})

test('a key works until it is revoked', async () => {
  const { headers, keyId } = await anAccount(deps.db)
  expect((await app.request('/v1/shipments', { headers })).status).toBe(200)
  expect(await revokeKey(deps.db, keyId)).toBe(true)
  expect((await app.request('/v1/shipments', { headers })).status).toBe(401)
  expect(await revokeKey(deps.db, keyId)).toBe(false)
})

test('a key is 32 random bytes behind a prefix, and is not stored itself', async () => {
  const { key } = await anAccount(deps.db)
  expect(key).toMatch(/^postgang_[\w-]{43}$/)
  const stored = await deps.db.query.apiKey.findMany()
  expect(stored.map((row) => row.hash.length)).toContain(32)
  expect(JSON.stringify(stored)).not.toContain(key.slice('postgang_'.length))
})

const needs: [scope: Scope, method: string, path: string][] = [
  ['send', 'POST', '/v1/shipments'],
  ['read', 'GET', '/v1/shipments'],
  ['read', 'GET', `/v1/shipments/${someId}`],
  ['read', 'GET', `/v1/shipments/${someId}/history`],
  ['read', 'GET', `/v1/shipments/${someId}/events`],
  ['read', 'GET', `/v1/shipments/${someId}/documents/1`],
  ['read', 'GET', `/v1/shipments/${someId}/letter`],
  ['read', 'GET', '/v1/events'],
  ['read', 'GET', '/v1/settings'],
  ['manage', 'PUT', '/v1/settings'],
  ...(['read', 'recall', 'unread-period', 'print', 'retry', 'handled'] as const).map(
    (name): [Scope, string, string] => ['manage', 'POST', `/v1/shipments/${someId}/${name}`],
  ),
]

test.each(needs)('the scope %s is needed for %s %s', async (scope, method, path) => {
  const { account, headers } = await anAccount(deps.db, { scopes: [scope] })
  const others = (['send', 'read', 'manage'] as const).filter((each) => each !== scope)
  const { key } = await createKey(deps.db, { accountId: account.id, senderSystem: 'sak', scopes: others })
  const refused = await app.request(path, { method, headers: { Authorization: `Bearer ${key}` } })
  expect(refused.status).toBe(403)
  expect(refused.headers.get('WWW-Authenticate')).toContain(`error="insufficient_scope", scope="${scope}"`)
  expect(await refused.json()).toMatchObject({ code: 'scopeMissing' })
  expect((await app.request(path, { method, headers })).status).not.toBe(403)
})

test("another account's shipment is not there, whatever is asked of it", async () => {
  const [mine, other] = await Promise.all([anAccount(deps.db), anAccount(deps.db)])
  const { id } = await aReceivedShipment(deps.db, { accountId: other.account.id })
  const json = { ...mine.headers, 'Content-Type': 'application/json' }
  const asked = [
    ...['', '/history', '/events', '/documents/1', '/letter'].map((path) =>
      app.request(`/v1/shipments/${id}${path}`, { headers: mine.headers }),
    ),
    ...['/recall', '/print', '/retry', '/handled'].map((path) =>
      app.request(`/v1/shipments/${id}${path}`, { method: 'POST', headers: mine.headers }),
    ),
    app.request(`/v1/shipments/${id}/unread-period`, {
      method: 'POST',
      headers: json,
      body: '{"amount": 2, "unit": "days"}',
    }),
    app.request(`/v1/shipments/${id}/read`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ readAt: new Date().toISOString(), reader: { name: 'Kari' }, system: 'x' }),
    }),
  ]
  for (const answer of await Promise.all(asked)) {
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'notFound' })
  }
  expect(await (await app.request('/v1/shipments', { headers: mine.headers })).json()).toEqual({
    items: [],
    next: null,
  })
  expect(await (await app.request('/v1/events', { headers: mine.headers })).json()).toEqual({ items: [], next: 0 })
  expect((await app.request(`/v1/shipments/${id}`, { headers: other.headers })).status).toBe(200)
  expect(deps.temporal.woken).toEqual([])
})

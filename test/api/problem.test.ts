import { Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { answerInTime } from '../../api/answer-in-time.ts'
import type { ApiEnv } from '../../api/api-env.ts'
import { createApp } from '../../api/app.ts'
import { createLogger } from '../../api/logger.ts'
import { logRequests } from '../../api/log-requests.ts'
import { Problem, answerErrors } from '../../api/problem.ts'
import { openDatabase } from '../../db/database.ts'
import { findCaller } from '../../db/keys.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'

let deps: TestDependencies
let logged: Record<string, unknown>[]

beforeAll(async () => {
  deps = await createTestDependencies()
})
beforeEach(() => {
  logged = []
})
afterAll(() => deps.remove())

/** An app that does nothing but fail. */
function failing(work: () => unknown): Hono<ApiEnv> {
  const log = createLogger(
    { level: 'debug', process: 'test' },
    { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const app = new Hono<ApiEnv>()
  app.onError(answerErrors(log))
  app.use(logRequests(log))
  app.use(answerInTime({ answerWithinMs: 100, feedWithinMs: 100 }))
  app.get('/:secret', async (c) => c.json((await work()) ?? null))
  return app
}

test('an unknown exception shows an id only; the details are in the log under that id', async () => {
  const app = failing(() => {
    throw new Error('the cable is cut', { cause: new Error('by a shark') })
  })
  const answer = await app.request('/x')
  const body = (await answer.json()) as Record<string, unknown>
  expect(answer.status).toBe(500)
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(body).toEqual({
    type: '/problems/internalError',
    code: 'internalError',
    title: 'Internal error',
    status: 500,
    detail: 'The details are in the log, under the requestId.',
    requestId: answer.headers.get('X-Request-Id'),
  })
  expect(logged).toMatchObject([
    {
      event: 'request-failed',
      requestId: body.requestId,
      err: { message: 'the cable is cut', cause: { message: 'by a shark' } },
    },
    { event: 'request', status: 500, requestId: body.requestId },
  ])
})

test('a problem keeps its code, its errors and its headers', async () => {
  const app = failing(() => {
    throw new Problem('invalidRequest', {
      detail: 'Something is wrong.',
      errors: [{ pointer: '/a~1b', code: 'required', detail: 'This is missing.' }],
      headers: { 'Retry-After': '7' },
    })
  })
  const answer = await app.request('/x')
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([422, '7'])
  expect(await answer.json()).toMatchObject({
    code: 'invalidRequest',
    detail: 'Something is wrong.',
    errors: [{ pointer: '/a~1b', code: 'required', detail: 'This is missing.' }],
  })
})

test("WWW-Authenticate of Hono's own errors is kept", async () => {
  const app = failing(() => undefined)
  app.use('/*', basicAuth({ username: 'a', password: 'b' }))
  app.get('/behind/it', (c) => c.text('hidden'))
  const answer = await app.request('/behind/it')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('WWW-Authenticate')).toBe('Basic realm="Secure Area"')
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
})

test('a database that can not be reached is a 503 that asks to try again', async () => {
  const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:9/none', maxConnections: 2, statementTimeoutMs: 1000 })
  const answer = await failing(() => findCaller(away.db, 'postgang_x')).request('/x')
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
  expect(await answer.json()).toMatchObject({ code: 'databaseUnreachable' })
  await away.close()
})

test('a database that is shut down in the middle of a question is unreachable too', async () => {
  const other = postgres(deps.databaseUrl, { max: 1, onnotice: () => {} })
  const [row] = await other<{ pid: number }[]>`select pg_backend_pid() as pid`
  const asked = failing(() => other`select pg_sleep(10)`).request('/x')
  await deps.db.execute(`select pg_terminate_backend(${row?.pid}) from pg_sleep(0.05)`)
  expect(await (await asked).json()).toMatchObject({ code: 'databaseUnreachable' })
  await other.end()
})

test('what takes too long is answered all the same', async () => {
  const answer = await failing(() => new Promise(() => {})).request('/x')
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
  expect(await answer.json()).toMatchObject({ code: 'tooSlow' })
})

test('a failed query is logged without its values', async () => {
  await failing(() => deps.db.execute('select nonsense')).request('/x')
  await failing(() => deps.db.query.account.findFirst({ where: (row, { eq }) => eq(row.id, '01010750160') })).request(
    '/x',
  )
  expect(JSON.stringify(logged)).not.toContain('01010750160')
  expect(logged[0]).toMatchObject({ err: { cause: { code: '42703', message: 'column "nonsense" does not exist' } } })
})

test("a request's line in the log has the route's pattern, and nothing that the caller put in it", async () => {
  const { headers } = await anAccount(deps.db)
  const path = '/v1/shipments/f3f3a7a6-6f5b-4a39-9d0c-1d9a3e9b6a01?externalReference=01010750160'
  await createApp(deps).request(path, { headers: { ...headers, 'X-Request-Id': '01010750160' } })
  const line = deps.logged.at(-1)
  expect(line).toMatchObject({
    event: 'request',
    method: 'GET',
    route: '/v1/shipments/:id',
    status: 404,
    ms: expect.any(Number),
    requestId: expect.stringMatching(/^[\da-f-]{36}$/),
  })
  expect(JSON.stringify(line)).not.toMatch(/f3f3a7a6|01010750160/)
})

test('a path that does not exist is a problem too', async () => {
  const answer = await createApp(deps).request('/nowhere')
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ code: 'notFound', requestId: expect.any(String) })
})

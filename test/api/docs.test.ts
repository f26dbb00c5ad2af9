import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../api/app.ts'
import { problemTypes } from '../../api/problem-types.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'

let deps: TestDependencies
let app: ReturnType<typeof createApp>

beforeAll(async () => {
  deps = await createTestDependencies()
  app = createApp(deps)
})
afterAll(() => deps.remove())

type Operation = {
  summary?: string
  tags?: string[]
  security?: unknown[]
  responses: Record<string, { content?: Record<string, unknown> }>
  requestBody?: { content: Record<string, unknown> }
}

async function paths(): Promise<Record<string, Record<string, Operation>>> {
  const document = (await (await app.request('/openapi.json')).json()) as {
    openapi: string
    paths: Record<string, Record<string, Operation>>
  }
  expect(document.openapi).toBe('3.1.0')
  return document.paths
}

test('the OpenAPI document names every route of the API', async () => {
  const routes = Object.entries(await paths()).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(routes.toSorted()).toEqual(
    [
      'POST /v1/shipments',
      'GET /v1/shipments',
      'GET /v1/shipments/{id}',
      'GET /v1/shipments/{id}/history',
      'GET /v1/shipments/{id}/events',
      'GET /v1/shipments/{id}/documents/{number}',
      'GET /v1/shipments/{id}/letter',
      'POST /v1/shipments/{id}/read',
      'POST /v1/shipments/{id}/recall',
      'POST /v1/shipments/{id}/unread-period',
      'POST /v1/shipments/{id}/print',
      'POST /v1/shipments/{id}/retry',
      'POST /v1/shipments/{id}/handled',
      'GET /v1/events',
      'GET /v1/settings',
      'PUT /v1/settings',
      'GET /health/live',
      'GET /health/ready',
    ].toSorted(),
  )
})

test('every route behind a key describes its problems, and every route has a summary', async () => {
  for (const [path, methods] of Object.entries(await paths()))
    for (const operation of Object.values(methods)) {
      expect(operation.summary).toBeTruthy()
      expect(operation.tags).toHaveLength(1)
      if (!path.startsWith('/v1')) continue
      for (const status of ['401', '403', '422', '500', '503'])
        expect(operation.responses[status]?.content).toHaveProperty(['application/problem+json'])
      expect(operation.security).toHaveLength(1)
    }
})

test('sending a shipment is described as multipart', async () => {
  const { requestBody } = (await paths())['/v1/shipments']?.post ?? {}
  expect(Object.keys(requestBody?.content ?? {})).toEqual(['multipart/form-data'])
})

test('the documentation page names every path and problem, and loads nothing', async () => {
  const answer = await app.request('/docs')
  const page = await answer.text()
  for (const path of Object.keys(await paths())) expect(page).toContain(path)
  for (const code of Object.keys(problemTypes)) expect(page).toContain(`id="problem-${code}"`)
  expect(page).not.toMatch(/<script|<img|<iframe|<link|\bsrc=|@import|url\(/i)
  expect(page.match(/(?:href|action)="(?!#|\/openapi\.json")[^"]*"/g)).toBeNull()
})

test('the style of the documentation page is the one that its policy allows', async () => {
  const answer = await app.request('/docs')
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(await answer.text()) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(answer.headers.get('Content-Security-Policy')).toContain(`style-src 'sha256-${hash}'`)
})

test('links within the documentation page lead somewhere', async () => {
  const page = await (await app.request('/docs')).text()
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([])
})

test("a problem's type leads to its description", async () => {
  const answer = await app.request('/problems/alreadyRead')
  expect(answer.headers.get('Location')).toBe('/docs#problem-alreadyRead')
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createApp } from '../../api/app.ts'
import { shipment } from '../../db/schema.ts'
import { anAccount } from '../factories/account.ts'
import { createTestDependencies } from '../factories/api.ts'
import type { TestDependencies } from '../factories/api.ts'
import { aRequest } from '../factories/shipment.ts'

const most = 5
let deps: TestDependencies
let headers: Record<string, string>

beforeAll(async () => {
  deps = await createTestDependencies()
  headers = (await anAccount(deps.db)).headers
})
afterAll(() => deps.remove())

it('letters are refused while too many wait for their first steps, and let in again when they are on their way', async () => {
  const app = createApp({ ...deps, maxUnfinished: most })
  const send = (key: string) => {
    const body = new FormData()
    body.append('shipment', JSON.stringify(aRequest()))
    body.append('file', new Blob(['%PDF-1.7 a letter']), 'vedtak.pdf')
    return app.request('/v1/shipments', { method: 'POST', headers: { ...headers, 'idempotency-key': key }, body })
  }
  const keys = Array.from({ length: 4 * most }, () => randomUUID())
  const answers = await Promise.all(keys.map(send))
  const taken = keys.filter((_, index) => answers[index]?.status === 202)
  const refused = answers.filter((answer) => answer.status === 503)
  expect([taken.length, refused.length]).toEqual([most, 3 * most])
  for (const answer of refused) {
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await answer.json()).toMatchObject({
      code: 'intakeFull',
      detail: expect.stringContaining(`${most} letters`),
    })
  }
  expect(await deps.db.$count(shipment)).toBe(most)

  const again = await send(taken[0] ?? '')
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true'])

  const late = keys.find((_, index) => answers[index]?.status === 503) ?? ''
  await deps.db.update(shipment).set({ readableAt: new Date() })
  await vi.waitFor(async () => expect((await send(late)).status).toBe(202), { timeout: 5_000, interval: 100 })
})

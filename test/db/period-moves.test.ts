import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moveWaitingLetters } from '../../db/period-moves.ts'
import type { Shipment } from '../../db/record-event.ts'
import { recordEvent } from '../../db/record-event.ts'
import { periodMove, shipment } from '../../db/schema.ts'
import { changeSettings } from '../../db/settings.ts'
import { resolvePeriod, startCounting } from '../../db/unread-period.ts'
import { anAccount } from '../factories/account.ts'
import { createWorkbench } from '../factories/activities.ts'
import type { Workbench } from '../factories/activities.ts'
import { aReceivedShipment, happen } from '../factories/shipment.ts'

describe('a change of the unread period for letters that wait', () => {
  let bench: Workbench
  beforeAll(async () => {
    bench = await createWorkbench()
  })
  afterAll(() => bench.remove())

  const row = async (id: string): Promise<Shipment> => {
    const [found] = await bench.db.select().from(shipment).where(eq(shipment.id, id))
    if (!found) throw new Error(id)
    return found
  }
  const accepted = async (accountId: string): Promise<string> => {
    const { id } = await aReceivedShipment(bench.db, {
      accountId,
      facts: { id: randomUUID(), recipientIdKind: 'organisation' },
    })
    await happen(bench.db, id, { event: { type: 'accepted', data: {} } })
    return id
  }
  const notify = (id: string, notifiedAt = new Date()) =>
    recordEvent(bench.db, id, async (found, tx) => {
      const { facts, deadline } = startCounting(await resolvePeriod(tx, found), notifiedAt)
      return {
        key: 'notified',
        actor: 'test',
        event: { type: 'notified', data: deadline },
        facts: { ...facts, notifiedAt },
      }
    })
  const change = (accountId: string, amount: number, unit: 'days' | 'seconds') =>
    changeSettings(bench.db, accountId, { settings: { unreadPeriod: { amount, unit } }, applyToWaiting: true })
  const workOff = async (limit: number): Promise<number> => {
    let moved = 0
    for (let round = 0; round < 50; round += 1) {
      const batch = await moveWaitingLetters(bench.db, limit)
      moved += batch.length
      if (batch.length === 0) return moved
      expect(batch.length).toBeLessThanOrEqual(limit)
    }
    throw new Error('The move never ends')
  }

  it('is worked off at a bounded rate, once for each letter, and then done', async () => {
    const { id: accountId } = (await anAccount(bench.db)).account
    await change(accountId, 30, 'days')
    const ids = await Promise.all(Array.from({ length: 12 }, () => accepted(accountId)))
    for (const id of ids) await notify(id)
    expect((await change(accountId, 40, 'days')).moving).toBe(12)
    expect(await workOff(5)).toBe(12)
    const rows = await Promise.all(ids.map(row))
    expect(rows.every(({ unreadPeriod }) => unreadPeriod?.amount === 40)).toBe(true)
    const pending = await bench.db.select().from(periodMove).where(eq(periodMove.accountId, accountId))
    expect(pending.every(({ doneAt }) => doneAt !== null)).toBe(true)
    expect(await workOff(5)).toBe(0)
  })

  it('reaches a letter that becomes due before the worker comes to it', async () => {
    const { id: accountId } = (await anAccount(bench.db)).account
    await change(accountId, 1, 'seconds')
    const id = await accepted(accountId)
    await notify(id, new Date(Date.now() - 60_000))
    await change(accountId, 30, 'days')
    expect(await bench.step('becomeDue', id)).toMatchObject({ status: 'notified', next: 'wait' })
  })

  it('brings a letter that is due for print back to waiting when its new deadline lies ahead', async () => {
    const { id: accountId } = (await anAccount(bench.db)).account
    await change(accountId, 1, 'seconds')
    const id = await accepted(accountId)
    await notify(id, new Date(Date.now() - 60_000))
    expect((await bench.step('becomeDue', id)).status).toBe('dueForPrint')
    await change(accountId, 30, 'days')
    await workOff(100)
    expect(await row(id)).toMatchObject({ status: 'notified', dueAt: null, dueBecause: null })
  })

  it('applies the newest of several changes', async () => {
    const { id: accountId } = (await anAccount(bench.db)).account
    const id = await accepted(accountId)
    await notify(id)
    for (const amount of [10, 20, 30]) await change(accountId, amount, 'days')
    await workOff(100)
    expect((await row(id)).unreadPeriod).toEqual({ amount: 30, unit: 'days' })
  })

  it('misses no letter that is notified at the same time: each has the new value or is among those moved', async () => {
    const { id: accountId } = (await anAccount(bench.db)).account
    await change(accountId, 30, 'days')
    const ids = await Promise.all(Array.from({ length: 30 }, () => accepted(accountId)))
    const notifying = ids.map((id) => notify(id))
    const changed = await change(accountId, 1, 'days')
    await Promise.all(notifying)
    const moved = await workOff(7)
    const rows = await Promise.all(ids.map(row))
    expect(rows.every(({ unreadPeriod }) => unreadPeriod?.amount === 1)).toBe(true)
    expect(moved).toBe(changed.moving)
  })
})

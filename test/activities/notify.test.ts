import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordRead } from '../../db/commands.ts'
import type { NewShipment, Shipment } from '../../db/record-event.ts'
import { account, shipment } from '../../db/schema.ts'
import { changeSettings } from '../../db/settings.ts'
import { plainPdf } from '../../tools/demo-documents.ts'
import { anAccount } from '../factories/account.ts'
import { createWorkbench } from '../factories/activities.ts'
import type { Workbench } from '../factories/activities.ts'
import { aReceivedShipment } from '../factories/shipment.ts'

const day = 24 * 60 * 60 * 1000

describe('a letter that is to be notified', () => {
  let bench: Workbench
  let accountId: string
  beforeAll(async () => {
    bench = await createWorkbench()
  })
  beforeEach(async () => {
    accountId = (await anAccount(bench.db)).account.id
    bench.mailServer.answers = 'accepted'
  })
  afterAll(() => bench.remove())

  /** Accepted, with an own period of ten days unless told. */
  async function accepted(facts: Partial<NewShipment> = {}): Promise<string> {
    const file = plainPdf()
    const files = [{ fileName: file.name, mimeType: file.type, bytes: Buffer.from(file.bytes) }]
    const { id } = await aReceivedShipment(bench.db, {
      accountId,
      blobs: bench.blobs,
      files,
      facts: {
        recipientIdKind: 'organisation',
        recipientIdSealed: bench.seal.seal('310076783'),
        recipientEmail: 'a@example.org',
        ownUnreadPeriod: { amount: 10, unit: 'days' },
        ...facts,
      },
    })
    for (const step of ['validate', 'store', 'convert', 'merge', 'accept'] as const) await bench.step(step, id)
    return id
  }
  const row = async (id: string): Promise<Shipment> => {
    const [found] = await bench.db.select().from(shipment).where(eq(shipment.id, id))
    if (!found) throw new Error(id)
    return found
  }
  const read = (id: string) =>
    recordRead(bench.db, id, { readAt: new Date(), system: 'x', readerSealed: Buffer.of(1), actor: 'sak' })

  it('is readable first, and its period begins when the mail server has taken the notice', async () => {
    const id = await accepted()
    expect(await bench.step('notify', id)).toMatchObject({ status: 'notified', next: 'wait' })
    const { readableAt, notifiedAt, countsFromAt, printDeadlineAt } = await row(id)
    expect(notifiedAt?.getTime()).toBeGreaterThanOrEqual(readableAt?.getTime() ?? Infinity)
    expect(countsFromAt).toEqual(notifiedAt)
    expect((printDeadlineAt?.getTime() ?? 0) - (notifiedAt?.getTime() ?? 0)).toBeGreaterThan(9 * day)
  })

  it('keeps its first notice and deadline when the step runs again', async () => {
    const id = await accepted()
    await bench.step('notify', id)
    const first = await row(id)
    await bench.step('notify', id)
    expect(await row(id)).toMatchObject({ notifiedAt: first.notifiedAt, printDeadlineAt: first.printDeadlineAt })
  })

  it('holds its clock while the mail server is away, and can be read meanwhile', async () => {
    const id = await accepted()
    bench.mailServer.answers = new Error('the mail server is away')
    await expect(bench.step('notify', id)).rejects.toThrow('away')
    expect(await row(id)).toMatchObject({ status: 'accepted', notifiedAt: null, printDeadlineAt: null })
    const sentBefore = bench.mailServer.got.at(-1)
    expect((await read(id))?.shipment.status).toBe('read')
    bench.mailServer.answers = 'accepted'
    expect(await bench.step('notify', id)).toMatchObject({ status: 'read', next: 'issueReadReceipt' })
    expect(sentBefore).toMatchObject({ noticeId: 'first', shipmentId: id })
  })

  for (const [what, change, answer] of [
    ['has no address', { recipientEmail: null }, 'accepted'],
    ['is refused for good', {}, 'refusedForGood'],
  ] as const) {
    it(`goes to print at once when it ${what}`, async () => {
      const id = await accepted(change)
      bench.mailServer.answers = answer
      expect(await bench.step('notify', id)).toMatchObject({ status: 'accepted', next: 'becomeDue' })
      expect(await bench.step('becomeDue', id)).toMatchObject({ status: 'dueForPrint' })
      expect((await row(id)).dueBecause).toBe('noNotice')
    })

    it(`waits unread when it ${what} and the account says so, counting from when it became readable`, async () => {
      await bench.db.update(account).set({ withoutNotice: 'wait' }).where(eq(account.id, accountId))
      const id = await accepted(change)
      bench.mailServer.answers = answer
      expect(await bench.step('notify', id)).toMatchObject({ status: 'accepted', next: 'wait' })
      const { readableAt, countsFromAt, printDeadlineAt } = await row(id)
      expect(countsFromAt).toEqual(readableAt)
      const after = new Date((printDeadlineAt?.getTime() ?? 0) + 1)
      expect(await bench.step('becomeDue', id, after)).toMatchObject({ status: 'dueForPrint' })
    })

    it(`that ${what} and is digital only ends undelivered, and can still be read`, async () => {
      const id = await accepted({ ...change, digitalOnly: true })
      bench.mailServer.answers = answer
      expect(await bench.step('notify', id)).toMatchObject({ status: 'undelivered', next: 'end' })
      expect((await read(id))?.shipment.status).toBe('read')
    })
  }

  it('that was read before it could be printed is not printed', async () => {
    const id = await accepted({ recipientEmail: null })
    await bench.step('notify', id)
    await read(id)
    expect(await bench.step('becomeDue', id)).toMatchObject({ status: 'read' })
  })

  it("takes the nearest period: the shipment's, the account's, the installation's", async () => {
    const settings = (amount: number) =>
      changeSettings(bench.db, accountId, {
        settings: { unreadPeriod: { amount, unit: 'days' } },
        applyToWaiting: false,
      })
    const ofInstallation = await accepted({ ownUnreadPeriod: null })
    await bench.step('notify', ofInstallation)
    await settings(20)
    const ofAccount = await accepted({ ownUnreadPeriod: null })
    await bench.step('notify', ofAccount)
    const own = await accepted()
    await bench.step('notify', own)
    const resolved = await Promise.all([ofInstallation, ofAccount, own].map(row))
    expect(resolved.map(({ unreadPeriod, unreadPeriodSource }) => [unreadPeriodSource, unreadPeriod])).toEqual([
      ['installation', { amount: 40, unit: 'workingHours' }],
      ['account', { amount: 20, unit: 'days' }],
      ['shipment', { amount: 10, unit: 'days' }],
    ])
  })
})

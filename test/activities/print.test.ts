import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Printer } from '../../adapters/printers/contract.ts'
import { askForPrint, handleManually, recall, recordRead, retry, setUnreadPeriod } from '../../db/commands.ts'
import type { Shipment } from '../../db/record-event.ts'
import { shipment } from '../../db/schema.ts'
import { plainPdf } from '../../tools/demo-documents.ts'
import { anAccount } from '../factories/account.ts'
import { createWorkbench } from '../factories/activities.ts'
import type { Workbench } from '../factories/activities.ts'
import { aReceivedShipment } from '../factories/shipment.ts'

const actor = 'sak'

describe('a letter that is due for print', () => {
  let bench: Workbench
  let accountId: string
  /** A printer that dies, or is asked, at a chosen point. */
  let dies: 'before' | 'after' | undefined
  beforeAll(async () => {
    const plain = await createWorkbench()
    bench = plain
    accountId = (await anAccount(bench.db)).account.id
  })
  afterAll(() => bench.remove())

  async function due(): Promise<Shipment> {
    const file = plainPdf()
    const files = [{ fileName: file.name, mimeType: file.type, bytes: Buffer.from(file.bytes) }]
    const facts = {
      recipientIdKind: 'organisation' as const,
      recipientEmail: 'a@example.org',
      ownUnreadPeriod: { amount: 1, unit: 'seconds' as const },
    }
    const { id } = await aReceivedShipment(bench.db, { accountId, blobs: bench.blobs, files, facts })
    expect((await bench.goOn(id)).next).toBe('wait')
    const dueFacts = await bench.step('becomeDue', id, new Date(Date.now() + 2_000))
    expect(dueFacts).toMatchObject({ status: 'dueForPrint', next: 'print' })
    return row(id)
  }
  const row = async (id: string): Promise<Shipment> => {
    const [found] = await bench.db.select().from(shipment).where(eq(shipment.id, id))
    if (!found) throw new Error(id)
    return found
  }
  const endLease = (id: string) =>
    bench.db
      .update(shipment)
      .set({ printLeaseUntil: sql`clock_timestamp() - interval '1 second'` })
      .where(eq(shipment.id, id))
  const withPrinter = async (printer: Partial<Printer>, work: () => Promise<void>): Promise<void> => {
    const kept = { ...bench.printer }
    Object.assign(bench.printer, printer)
    try {
      await work()
    } finally {
      Object.assign(bench.printer, kept)
      dies = undefined
    }
  }
  const dyingPrinter = (): Partial<Printer> => {
    const { submit } = bench.printer
    return {
      submit: async (job, mayPublish) => {
        if (dies === 'before') throw new Error('killed before the hand-over')
        const outcome = await submit(job, mayPublish)
        if (dies === 'after') throw new Error('killed after the hand-over')
        return outcome
      },
    }
  }

  it('is handed over once', async () => {
    const { id } = await due()
    expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint', next: 'end' })
    expect(bench.tickets()).toContain(`${id}.json`)
    expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint' })
  })

  const winners = {
    'a read': (id: string) =>
      recordRead(bench.db, id, { readAt: new Date(), system: 'x', readerSealed: Buffer.of(1), actor }),
    'a recall': (id: string) => recall(bench.db, id, actor),
    'manual handling': (id: string) => handleManually(bench.db, id, actor),
    'a longer period': (id: string) => setUnreadPeriod(bench.db, id, { period: { amount: 9, unit: 'days' }, actor }),
  }
  for (const [what, win] of Object.entries(winners))
    it(`is not printed when ${what} is committed before the claim`, async () => {
      const { id } = await due()
      expect((await win(id))?.outcome).toBe('recorded')
      await bench.step('print', id)
      expect((await row(id)).printAttempt).toBe(0)
      expect(bench.tickets()).not.toContain(`${id}.json`)
    })

  it('goes back to waiting when its new deadline lies ahead, but not when print was asked for', async () => {
    const { id } = await due()
    const longer = { period: { amount: 9, unit: 'days' } as const, actor }
    expect((await setUnreadPeriod(bench.db, id, longer))?.shipment).toMatchObject({ status: 'notified', dueAt: null })
    expect((await bench.step('look', id)).next).toBe('wait')
    await askForPrint(bench.db, id, actor)
    expect((await bench.step('becomeDue', id)).status).toBe('dueForPrint')
    expect((await setUnreadPeriod(bench.db, id, longer))?.shipment.status).toBe('dueForPrint')
  })

  it('that was claimed and not published is taken back, and printed once by the next attempt', async () => {
    const { id } = await due()
    await withPrinter(dyingPrinter(), async () => {
      dies = 'before'
      await expect(bench.step('print', id)).rejects.toThrow('killed')
    })
    expect((await row(id)).status).toBe('handingOver')
    expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint' })
    expect((await row(id)).printAttempt).toBe(2)
    expect(bench.tickets()).toContain(`${id}.json`)
  })

  it('that was published and not recorded is found at the printer, and not printed again', async () => {
    const { id } = await due()
    await withPrinter(dyingPrinter(), async () => {
      dies = 'after'
      await expect(bench.step('print', id)).rejects.toThrow('killed')
    })
    // A reader takes files away at once.
    for (const name of readdirSync(bench.printDir)) if (name.startsWith(id)) rmSync(join(bench.printDir, name))
    expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint' })
    expect(await row(id)).toMatchObject({ printAttempt: 1, status: 'sentToPrint' })
    expect(bench.tickets()).not.toContain(`${id}.json`)
  })

  it('that was taken back is not printed when it was read meanwhile', async () => {
    const { id } = await due()
    await withPrinter(dyingPrinter(), async () => {
      dies = 'before'
      await expect(bench.step('print', id)).rejects.toThrow('killed')
    })
    const read = await winners['a read'](id)
    expect(read?.shipment).toMatchObject({ status: 'handingOver', readAt: expect.any(Date) as Date })
    const facts = await bench.step('print', id)
    expect(bench.tickets()).not.toContain(`${id}.json`)
    expect(facts).toMatchObject({ status: 'read', next: 'issueReadReceipt' })
  })

  it('is left alone while another attempt holds the lease', async () => {
    const { id } = await due()
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { submit } = bench.printer
    await withPrinter(
      {
        submit: async (job, mayPublish) => {
          await held
          return submit(job, mayPublish)
        },
      },
      async () => {
        const first = bench.step('print', id)
        await expect.poll(async () => (await row(id)).status).toBe('handingOver')
        await expect(bench.step('print', id)).rejects.toThrow('Another attempt')
        release()
        expect(await first).toMatchObject({ status: 'sentToPrint' })
      },
    )
  })

  it('is printed once when an attempt freezes, its lease runs out, another takes over, and the first goes on', async () => {
    const { id } = await due()
    let thaw = (): void => {}
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve
    })
    const { submit } = bench.printer
    let first: Promise<unknown> = Promise.resolve()
    await withPrinter(
      {
        submit: async (job, mayPublish) => {
          if (job.attempt === 1) await frozen
          return submit(job, mayPublish)
        },
      },
      async () => {
        first = bench.step('print', id).catch((error: unknown) => error)
        await expect.poll(async () => (await row(id)).status).toBe('handingOver')
        await endLease(id)
        expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint' })
        thaw()
        await first
      },
    )
    expect(await row(id)).toMatchObject({ status: 'sentToPrint', printAttempt: 2 })
    expect(bench.tickets().filter((name) => name === `${id}.json`)).toHaveLength(1)
  })

  it('whose hand-over can not be known is parked, and a person settles it', async () => {
    const answers = { happened: 'sentToPrint', didNotHappen: 'dueForPrint' } as const
    for (const handOver of ['happened', 'didNotHappen'] as const) {
      const { id } = await due()
      await withPrinter({ ...dyingPrinter(), lookup: async () => 'unknown' }, async () => {
        dies = 'before'
        await expect(bench.step('print', id)).rejects.toThrow('killed')
        await expect(bench.step('print', id)).rejects.toMatchObject({ type: 'HandOverUnknown', nonRetryable: true })
      })
      const now = new Date().toISOString()
      const parked = await bench.park({ shipmentId: id, now, step: 'print', problem: 'HandOverUnknown' })
      expect(parked).toMatchObject({ next: 'askPerson', problem: 'HandOverUnknown' })
      expect(await retry(bench.db, id, { handOver: null, actor })).toMatchObject({ late: 'handOverAnswerNeeded' })
      expect((await retry(bench.db, id, { handOver, actor }))?.shipment.status).toBe(answers[handOver])
      if (handOver === 'didNotHappen') expect(await bench.step('print', id)).toMatchObject({ status: 'sentToPrint' })
    }
  })

  it('is not claimed while the printer or the channel can not be asked', async () => {
    const { id } = await due()
    const outage = async () => {
      throw new Error('away')
    }
    await withPrinter({ check: outage }, () => expect(bench.step('print', id)).rejects.toThrow('away'))
    const { wasRead } = bench.mailbox
    bench.mailbox.wasRead = outage
    await expect(bench.step('print', id)).rejects.toThrow('away')
    bench.mailbox.wasRead = wasRead
    expect(await row(id)).toMatchObject({ status: 'dueForPrint', printAttempt: 0 })
  })
})

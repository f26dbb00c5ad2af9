import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/activity'
import { eq } from 'drizzle-orm'
import type { PrintJob, Ticket } from '../adapters/printers/contract.ts'
import { readFacts, ShipmentUnknown } from '../db/facts.ts'
import { endPrintLease, printLeaseMs, renewPrintLease, takePrintLease } from '../db/print-lease.ts'
import { recordEvent, recordEventIn } from '../db/record-event.ts'
import type { Shipment } from '../db/record-event.ts'
import { account, shipment } from '../db/schema.ts'
import { applyPendingMove } from '../db/unread-period.ts'
import { addressLines } from '../domain/address.ts'
import { sheetsOf } from '../domain/print-rules.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'
import { withHeartbeat } from './heartbeat.ts'

const actor = 'postgang'

/**
 * The claim is the hand-over: the commit to `handingOver` comes immediately before the printer is given the job. An attempt that
 * finds the claim already made asks the printer what became of it, and never submits again by itself.
 */
export const createPrint = (dependencies: Dependencies) => ({
  print: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    const { db } = dependencies
    const lease = randomUUID()
    if (!(await takePrintLease(db, shipmentId, lease)))
      throw new Error(
        `Another attempt holds the hand-over of shipment ${shipmentId}; it is looked at when its lease ends`,
      )
    const renewing = setInterval(() => void renewPrintLease(db, shipmentId, lease).catch(() => {}), printLeaseMs / 3)
    try {
      await withHeartbeat(() => handOver(dependencies, { shipmentId, now, lease }))
    } finally {
      clearInterval(renewing)
      // A lease that can't be ended now runs out by itself.
      await endPrintLease(db, shipmentId, lease).catch(() => {})
    }
    return readFacts(db, shipmentId, now)
  },
})

type Attempt = { shipmentId: string; now: string; lease: string }

async function handOver(dependencies: Dependencies, attempt: Attempt): Promise<void> {
  const { db, mailbox, printer } = dependencies
  const found = await readRow(db, attempt.shipmentId)
  if (found.problem) return
  if (found.status === 'handingOver') await settle(dependencies, found)
  // Decided anew: a hand-over that was taken back leaves the letter due again.
  const row = await readRow(db, attempt.shipmentId)
  if (row.status !== 'dueForPrint') return
  const job = await jobOf(dependencies, row)
  // An outage of the printer or of the channel throws here: nothing is claimed, the letter stays due.
  await printer.check()
  if (await mailbox.wasRead(attempt.shipmentId)) return
  const claimed = await claim(dependencies, attempt)
  if (claimed) await submit(dependencies, { job: job(claimed), lease: attempt.lease })
}

async function readRow(db: Dependencies['db'], shipmentId: string): Promise<Shipment> {
  const [row] = await db.select().from(shipment).where(eq(shipment.id, shipmentId))
  if (!row) throw new ShipmentUnknown(`No shipment ${shipmentId} in the database`)
  return row
}

/** Read, recall, handled and a changed period win until this commit. */
async function claim({ db }: Dependencies, { shipmentId, now, lease }: Attempt): Promise<Shipment | undefined> {
  return db.transaction(async (tx) => {
    await applyPendingMove(tx, shipmentId, new Date(now))
    const recorded = await recordEventIn<'notDue' | 'leaseLost'>(tx, shipmentId, async (row) => {
      if (row.status !== 'dueForPrint' || row.problem) return { late: 'notDue' }
      if (!(await renewPrintLease(tx, shipmentId, lease))) return { late: 'leaseLost' }
      const attempt = row.printAttempt + 1
      return {
        key: `handOverBegun-${attempt}`,
        actor,
        event: { type: 'handOverBegun', data: { attempt } },
        facts: { printAttempt: attempt },
      }
    })
    return recorded?.outcome === 'recorded' ? recorded.shipment : undefined
  })
}

async function submit({ db, printer }: Dependencies, given: { job: PrintJob; lease: string }): Promise<void> {
  const { job, lease } = given
  const outcome = await printer.submit(job, () => renewPrintLease(db, job.shipmentId, lease))
  if (outcome === 'overtaken')
    throw new Error(`Hand-over ${job.attempt} of shipment ${job.shipmentId} was taken back by another attempt`)
  await recordHandedOver(db, job)
}

/** The claim was made by an attempt that did not live to record the outcome: only the printer knows it. */
async function settle({ db, printer }: Dependencies, row: Shipment): Promise<void> {
  const job = { shipmentId: row.id, attempt: row.printAttempt }
  const found = await printer.lookup(job)
  const outcome = found === 'absent' ? await printer.takeBack(job) : found
  if (outcome === 'present') return recordHandedOver(db, { ...job, ticket: { sheets: sheetsFor(row) } })
  if (outcome === 'unknown')
    throw ApplicationFailure.nonRetryable(
      `Printer ${printer.name} can't tell whether it has hand-over ${job.attempt} of shipment ${job.shipmentId}`,
      'HandOverUnknown',
    )
  await recordEvent<'settled'>(db, row.id, (current) => {
    if (current.status !== 'handingOver' || current.printAttempt !== job.attempt) return { late: 'settled' }
    const to = current.readAt ? 'read' : 'dueForPrint'
    const event = { type: 'handOverTakenBack', data: { attempt: job.attempt, to } } as const
    return { key: `handOverTakenBack-${job.attempt}`, actor, event }
  })
}

type HandedOver = { shipmentId: string; attempt: number; ticket: Pick<Ticket, 'sheets'> }

async function recordHandedOver(db: Dependencies['db'], job: HandedOver): Promise<void> {
  await recordEvent<'settled'>(db, job.shipmentId, (row) => {
    if (row.status !== 'handingOver' || row.printAttempt !== job.attempt) return { late: 'settled' }
    const now = new Date()
    return {
      key: `handedOver-${job.attempt}`,
      actor,
      event: { type: 'handedOver', data: { attempt: job.attempt, sheets: job.ticket.sheets } },
      facts: { handedOverAt: now, closedAt: now },
    }
  })
}

function sheetsFor(row: Shipment): number {
  return sheetsOf(row.letterPages ?? 0, { duplex: isDuplex(row) })
}

/** Both sides unless the sender says otherwise; a letter of one page has nothing for the back. */
function isDuplex(row: Shipment): boolean {
  return (row.print.duplex ?? true) && (row.letterPages ?? 0) > 1
}

/** Everything of the job but the number of the claim, which is only known once it is made. */
async function jobOf({ db, blobs }: Dependencies, row: Shipment): Promise<(claimed: Shipment) => PrintJob> {
  const { letterBlobKey, letterPages, letterSha256, recipientAddress } = row
  if (!letterBlobKey || !letterPages || !letterSha256 || !recipientAddress)
    throw new Error(`Shipment ${row.id} is due for print without a letter or an address`)
  const [sender] = await db.select().from(account).where(eq(account.id, row.accountId))
  if (!sender) throw new Error(`Account ${row.accountId} is gone`)
  const ticket = {
    shipmentId: row.id,
    number: row.number,
    pages: letterPages,
    sheets: sheetsFor(row),
    sha256: letterSha256,
    colour: row.print.colour ?? false,
    duplex: isDuplex(row),
    letterType: row.print.letterType ?? 'A',
    costCode: row.costCode,
    recipient: { name: row.recipientName, addressLines: addressLines(recipientAddress) },
    sender: { name: sender.name, addressLines: addressLines(sender.returnAddress) },
  }
  return ({ printAttempt: attempt }) => ({
    shipmentId: row.id,
    attempt,
    ticket: { ...ticket, attempt },
    openPdf: () => blobs.open(letterBlobKey),
  })
}

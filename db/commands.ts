import type { AfterTakingBack } from '../domain/events.ts'
import { isBeforeHandOver } from '../domain/status.ts'
import type { UnreadPeriod } from '../domain/shipment.ts'
import type { Db } from './database.ts'
import { recordEvent } from './record-event.ts'
import type { Fact, Recorded, Shipment } from './record-event.ts'
import { isWaiting, moveDeadline, resolvePeriod } from './unread-period.ts'

/** Why a command can't be done any more. */
export type TooLate =
  | 'alreadyRead'
  | 'alreadyHandedOver'
  | 'alreadyEnded'
  | 'notReadableYet'
  | 'noLongerReadable'
  | 'digitalOnly'
  | 'noProblem'
  | 'handOverAnswerNeeded'
  | 'handOverNotInQuestion'

export type CommandResult = Promise<Recorded<TooLate> | undefined>

export type Read = { readAt: Date; system: string; readerSealed: Buffer; actor: string }

/** A letter that lies readable counts as read, whatever its status; after the claim the status stays as it is. */
export function recordRead(db: Db, shipmentId: string, read: Read): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, (row) => {
    const key = 'read'
    if (row.status === 'recalled' || row.status === 'rejected') return { late: 'noLongerReadable' }
    if (!row.readableAt) return { late: 'notReadableYet' }
    const after = readComesAfter(row)
    return {
      key,
      actor: read.actor,
      personSealed: read.readerSealed,
      event: { type: 'read', data: { readAt: read.readAt.toISOString(), system: read.system, after } },
      facts: {
        readAt: read.readAt,
        readSystem: read.system,
        // The receipt is still to be issued, also for a letter that had ended unread.
        ...(after ? {} : { closedAt: null, ...noProblem }),
      },
    }
  })
}

function readComesAfter(row: Shipment): 'handOver' | 'handledManually' | null {
  if (row.status === 'handledManually') return 'handledManually'
  return ['handingOver', 'sentToPrint', 'printed', 'posted', 'printFailed'].includes(row.status) ? 'handOver' : null
}

export function recall(db: Db, shipmentId: string, actor: string): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, (row) => {
    if (row.status !== 'recalled' && !isBeforeHandOver(row.status)) return { late: whyEnded(row) }
    const now = new Date()
    return {
      key: 'recalled',
      actor,
      event: { type: 'recalled', data: {} },
      facts: { recalledAt: now, closedAt: now, ...noProblem },
    }
  })
}

export function handleManually(db: Db, shipmentId: string, actor: string): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, (row) => {
    if (row.status !== 'handledManually' && !isBeforeHandOver(row.status)) return { late: whyEnded(row) }
    return {
      key: 'handledManually',
      actor,
      event: { type: 'handledManually', data: {} },
      facts: { closedAt: new Date(), ...noProblem },
    }
  })
}

/** Print without waiting. A letter that is already due or claimed needs no more asking. */
export function askForPrint(db: Db, shipmentId: string, actor: string): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, (row) => {
    if (row.digitalOnly) return { late: 'digitalOnly' }
    if (!isBeforeHandOver(row.status)) return { late: whyEnded(row) }
    return {
      key: 'printAskedFor',
      actor,
      event: { type: 'printAskedFor', data: {} },
      // A letter due because it lay unread must not go back to waiting now.
      facts: { printAskedAt: new Date(), ...(row.status === 'dueForPrint' ? { dueBecause: 'askedFor' } : {}) },
    }
  })
}

/** The shipment's own unread period, nearer than any setting; a waiting letter's deadline moves at once. */
export function setUnreadPeriod(
  db: Db,
  shipmentId: string,
  wanted: { period: UnreadPeriod; actor: string },
): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, async (row, tx) => {
    if (!isBeforeHandOver(row.status)) return { late: whyEnded(row) }
    const fact = { key: `unreadPeriod-${row.lastSeq + 1}`, actor: wanted.actor }
    const own = { ownUnreadPeriod: wanted.period }
    if (!isWaiting(row))
      return { ...fact, event: { type: 'unreadPeriodSet', data: { period: wanted.period } }, facts: own }
    const resolved = await resolvePeriod(tx, { ...row, ...own })
    const move = moveDeadline(row, row.countsFromAt, { ...resolved, now: new Date() })
    return { ...fact, ...move, facts: { ...move.facts, ...own } }
  })
}

export type Retry = { handOver: 'happened' | 'didNotHappen' | null; actor: string }

/** Clears the problem; the workflow goes on. Where a hand-over is in question, a person says what the printer has. */
export function retry(db: Db, shipmentId: string, asked: Retry): CommandResult {
  return recordEvent<TooLate>(db, shipmentId, (row): Fact | { late: TooLate } => {
    if (!row.problem) return { late: 'noProblem' }
    const inQuestion = row.problem === 'HandOverUnknown'
    if (inQuestion && !asked.handOver) return { late: 'handOverAnswerNeeded' }
    if (!inQuestion && asked.handOver) return { late: 'handOverNotInQuestion' }
    const now = new Date()
    const handOver = settledAs(asked.handOver, row)
    return {
      key: `retried-${row.problemCount}`,
      actor: asked.actor,
      event: { type: 'retried', data: { code: row.problem, handOver } },
      facts: { ...noProblem, ...(handOver === 'sentToPrint' ? { handedOverAt: now, closedAt: now } : {}) },
    }
  })
}

function settledAs(answer: Retry['handOver'], row: Shipment): 'sentToPrint' | AfterTakingBack | null {
  if (answer === null) return null
  if (answer === 'happened') return 'sentToPrint'
  return row.readAt ? 'read' : 'dueForPrint'
}

const noProblem = { problem: null, problemStep: null, problemAt: null }

function whyEnded(row: Shipment): TooLate {
  if (row.status === 'read') return 'alreadyRead'
  return ['handingOver', 'sentToPrint', 'printed', 'posted', 'printFailed'].includes(row.status)
    ? 'alreadyHandedOver'
    : 'alreadyEnded'
}

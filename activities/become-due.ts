import { readFacts } from '../db/facts.ts'
import { recordEventIn } from '../db/record-event.ts'
import type { Fact, Shipment } from '../db/record-event.ts'
import { applyPendingMove } from '../db/unread-period.ts'
import type { DueReason } from '../domain/events.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** Decides, under the lock and with every change of the period that covers the letter, whether its time is up. */
export const createBecomeDue = ({ db }: Dependencies) => ({
  becomeDue: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    await db.transaction(async (tx) => {
      await applyPendingMove(tx, shipmentId, new Date(now))
      await recordEventIn<'notDue'>(tx, shipmentId, (row) => dueFact(row, now) ?? { late: 'notDue' })
    })
    return readFacts(db, shipmentId, now)
  },
})

function dueFact(row: Shipment, now: string): Fact | undefined {
  if (row.status !== 'accepted' && row.status !== 'notified') return undefined
  const unread = row.printDeadlineAt !== null && row.printDeadlineAt.getTime() <= Date.parse(now)
  const actor = 'postgang'
  if (row.digitalOnly) {
    if (!unread) return undefined
    const event = { type: 'notReadInTime', data: {} } as const
    return { key: 'notReadInTime', actor, event, facts: { closedAt: new Date() } }
  }
  const because = whyDue(row, unread)
  if (!because) return undefined
  return {
    key: `due-${row.lastSeq + 1}`,
    actor,
    event: { type: 'dueForPrint', data: { because } },
    facts: { dueAt: new Date(), dueBecause: because },
  }
}

function whyDue(row: Shipment, unread: boolean): DueReason | undefined {
  if (row.printAskedAt) return 'askedFor'
  if (!row.recipientIdKind) return 'noDigitalId'
  if (row.noNoticeReason && !row.printDeadlineAt) return 'noNotice'
  return unread ? 'unread' : undefined
}

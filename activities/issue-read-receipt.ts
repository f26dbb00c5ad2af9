import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** The read receipt goes back through the sender's feed of events. Idempotent: there is one receipt. */
export const createIssueReadReceipt = ({ db }: Dependencies) => ({
  issueReadReceipt: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    await recordEvent<'notRead'>(db, shipmentId, (row) => {
      if (row.status !== 'read' || !row.readAt) return { late: 'notRead' }
      return {
        key: 'readReceiptIssued',
        actor: 'postgang',
        event: { type: 'readReceiptIssued', data: { readAt: row.readAt.toISOString() } },
        facts: { closedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

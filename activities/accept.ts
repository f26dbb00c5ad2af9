import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** From here on delivery is ours to see through. Idempotent: the first acceptance stands. */
export const createAccept = ({ db }: Dependencies) => ({
  accept: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    await recordEvent<'notReceived'>(db, shipmentId, (row) => {
      if (row.status !== 'received') return { late: 'notReceived' }
      return {
        key: 'accepted',
        actor: 'postgang',
        event: { type: 'accepted', data: {} },
        facts: { acceptedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

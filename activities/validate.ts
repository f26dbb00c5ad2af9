import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import { documentsOf, shipmentRequestOf, visibleToOf } from '../db/shipment-request.ts'
import { validateShipment } from '../domain/rules.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** What the API let in under its own settings must still hold as it is stored. Idempotent: the first verdict stands. */
export const createValidate = ({ db, seal }: Dependencies) => ({
  validate: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    await recordEvent<'notReceived'>(db, shipmentId, async (row, tx) => {
      if (row.status !== 'received') return { late: 'notReceived' }
      const parts = {
        documents: await documentsOf(tx, shipmentId),
        visibleTo: await visibleToOf(tx, shipmentId, seal),
        seal,
      }
      const violations = validateShipment(shipmentRequestOf(row, parts), { allowShort: true, allowSynthetic: true })
      const actor = 'postgang'
      if (violations.length > 0) {
        const reasons = violations.map(({ code }) => ({ document: 0, code }))
        return {
          key: 'rejected',
          actor,
          event: { type: 'rejected', data: { reasons } },
          facts: { closedAt: new Date() },
        }
      }
      return {
        key: 'metadataValidated',
        actor,
        event: { type: 'metadataValidated', data: { ruleSet: row.ruleSet } },
        facts: { validatedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

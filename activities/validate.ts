import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import { documentsOf, shipmentRequestOf, visibleToOf } from '../db/shipment-request.ts'
import { validateShipment } from '../domain/rules.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'
import { rejected } from './rejected.ts'

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
      if (violations.length > 0) return rejected(violations.map(({ code }) => ({ document: 0, code })))
      return {
        key: 'metadataValidated',
        actor: 'postgang',
        event: { type: 'metadataValidated', data: { ruleSet: row.ruleSet } },
        facts: { validatedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

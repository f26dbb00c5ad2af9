import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import type { ParkInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** A problem is a fact: whichever run finds it waits, and goes on when a person has cleared it. */
export const createPark = ({ db }: Dependencies) => ({
  park: async ({ shipmentId, now, step, problem }: ParkInput): Promise<WorkflowFacts> => {
    await recordEvent<'ended' | 'parked'>(db, shipmentId, (row) => {
      if (row.closedAt) return { late: 'ended' }
      if (row.problem) return { late: 'parked' }
      const problemCount = row.problemCount + 1
      return {
        key: `problem-${problemCount}`,
        actor: 'postgang',
        event: { type: 'problemArose', data: { code: problem, step } },
        facts: { problem, problemStep: step, problemAt: new Date(), problemCount },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

import { readFacts } from '../db/facts.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

/** Changes nothing but the note of which revision the workflow has seen. */
export const createLook = ({ db }: Dependencies) => ({
  look: ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => readFacts(db, shipmentId, now),
})

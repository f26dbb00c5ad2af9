import type { Step } from './next-step.ts'
import type { ProblemCode } from './problems.ts'
import type { Status } from './status.ts'

/** The contract of the shipment's workflow: plain names, shared by everyone who starts, wakes, runs or looks at it. */
export const shipmentWorkflowType = 'shipment'
export const reconcileWorkflowType = 'reconcile'
export const taskQueue = 'shipments'
export const factsChangedSignal = 'factsChanged'
export const stateQuery = 'state'
export const reconcileScheduleId = 'reconcile'

export const searchAttributes = {
  stage: 'ShipmentStage',
  sender: 'SenderId',
  problem: 'ShipmentProblem',
  deadline: 'PrintDeadline',
} as const

export type ShipmentInput = { shipmentId: string }

/** What every step is given: the shipment, and the workflow's own time (ISO 8601, UTC). */
export type StepInput = { shipmentId: string; now: string }

export type ParkInput = StepInput & { step: Step | 'look'; problem: ProblemCode }

/** What every step answers: the facts as they then are. Opaque values and closed lists only, as they stand in Temporal. */
export type WorkflowFacts = {
  next: Step
  status: Status
  revision: number
  senderId: string
  deadlineAt: string | null
  problem: ProblemCode | null
}

const idPrefix = 'shipment-'

export function shipmentWorkflowId(shipmentId: string): string {
  return `${idPrefix}${shipmentId}`
}

export function shipmentIdOf(workflowId: string): string {
  return workflowId.slice(idPrefix.length)
}

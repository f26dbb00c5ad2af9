import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { problemCodes } from '../domain/problems.ts'
import type { ProblemCode } from '../domain/problems.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import { patient, quick } from './activity-options.ts'

type QuickStep = 'look' | 'validate' | 'accept' | 'becomeDue' | 'issueReadReceipt'

/** Parking must not fail: it is tried until Postgres is back. */
export const { park } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', nonRetryableErrorTypes: ['ShipmentUnknown'] },
  summary: 'Park the shipment with a named problem',
})

/** A step that only touches Postgres: as a local activity, and as a patient one when the database is away. */
export function quickly(name: QuickStep, summary: string): (input: StepInput) => Promise<WorkflowFacts> {
  const local = proxyLocalActivities<Activities>({ ...quick, summary })
  const normal = proxyActivities<Activities>({ ...patient, summary })
  return async (input) => {
    try {
      return await local[name](input)
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error) || isFinal(error)) throw error
      return normal[name](input)
    }
  }
}

/** What an operator is told: the step's own word for it where it has one. Whatever is no failed step is thrown on. */
export function problemOf(error: unknown): ProblemCode {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
  const type = error.cause instanceof ApplicationFailure ? error.cause.type : undefined
  return problemCodes.find((code) => code === type) ?? 'StepFailing'
}

function isFinal(error: ActivityFailure): boolean {
  return error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true
}

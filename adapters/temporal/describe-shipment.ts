import { NamespaceNotFoundError } from '@temporalio/common'
import type { LoadedDataConverter } from '@temporalio/common'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { WorkflowExecutionDescription } from '@temporalio/client'
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js'
import { optionalTsToDate } from '@temporalio/common/lib/time.js'
import type { temporal } from '@temporalio/proto'
import { z } from 'zod'
import { shipmentWorkflowId } from '../../domain/shipment-workflow.ts'
import { UndecodablePayload } from './codec.ts'
import { TemporalUnreachable, grpcStatus, grpcStatusOf } from './session.ts'
import type { Session } from './session.ts'

type HistoryEvent = temporal.api.history.v1.IHistoryEvent
type Failure = temporal.api.failure.v1.IFailure

/** Temporal's own view of a shipment, for operators. Times are ISO 8601, UTC. */
export type WorkflowView =
  | {
      runState: RunState
      startedAt: string
      closedAt: string | null
      stepsDone: StepDone[]
      pending: PendingStep[]
      uiUrl: string | null
    }
  /** `notFound`: never started, or past the namespace's retention. */
  | { reason: 'unreachable' | 'notFound' }

export type StepDone = { step: string; at: string }
export type PendingStep = { step: string; attempt: number; lastFailure: string | null }
export type RunState = (typeof runStates)[keyof typeof runStates]

const runStates = {
  UNSPECIFIED: 'unknown',
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  CONTINUED_AS_NEW: 'continuedAsNew',
  TIMED_OUT: 'timedOut',
  PAUSED: 'paused',
  UNKNOWN: 'unknown',
} as const satisfies Record<WorkflowExecutionDescription['status']['name'], string>

const maxFailureLength = 500

/** The SDK's core writes a local activity that ended as a marker of this name, its facts as JSON in clear in `data`. */
const localActivityMarker = 'core_local_activity'
const localActivityFacts = z.object({ activity_type: z.string() })

export async function describeShipment(
  session: Session,
  { shipmentId, uiUrl }: { shipmentId: string; uiUrl?: string | undefined },
): Promise<WorkflowView> {
  try {
    return await session.ask(async () => {
      const run = await session.client.workflow.getHandle(shipmentWorkflowId(shipmentId)).describe()
      const { events } = await session.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory()
      return {
        runState: runStates[run.status.name],
        startedAt: run.startTime.toISOString(),
        closedAt: run.closeTime?.toISOString() ?? null,
        stepsDone: stepsDoneIn(events ?? []),
        pending: await pendingSteps(session.converter, run),
        uiUrl: uiUrl === undefined ? null : linkTo(uiUrl, session.namespace, run),
      }
    })
  } catch (error) {
    if (isNotFound(error)) return { reason: 'notFound' }
    if (error instanceof TemporalUnreachable || grpcStatusOf(error) !== undefined) return { reason: 'unreachable' }
    throw error
  }
}

function stepsDoneIn(events: HistoryEvent[]): StepDone[] {
  const scheduled = new Map<string, string>()
  const done: StepDone[] = []
  for (const event of events) {
    const planned = event.activityTaskScheduledEventAttributes
    if (planned) scheduled.set(String(event.eventId), planned.activityType?.name ?? '')
    const completed = event.activityTaskCompletedEventAttributes
    const step = completed ? scheduled.get(String(completed.scheduledEventId)) : localStepDoneIn(event)
    const at = optionalTsToDate(event.eventTime)
    if (step && at) done.push({ step, at: at.toISOString() })
  }
  return done
}

function localStepDoneIn({ markerRecordedEventAttributes: marker }: HistoryEvent): string | undefined {
  if (marker?.markerName !== localActivityMarker || marker.failure) return undefined
  const [facts] = marker.details?.data?.payloads ?? []
  return localActivityFacts.parse(JSON.parse(Buffer.from(facts?.data ?? []).toString())).activity_type
}

async function pendingSteps(
  converter: LoadedDataConverter,
  { raw }: WorkflowExecutionDescription,
): Promise<PendingStep[]> {
  return Promise.all(
    (raw.pendingActivities ?? []).map(async ({ activityType, attempt, lastFailure }) => ({
      step: activityType?.name ?? '',
      attempt: attempt ?? 1,
      lastFailure: lastFailure ? await failureText(converter, lastFailure) : null,
    })),
  )
}

async function failureText(converter: LoadedDataConverter, failure: Failure): Promise<string> {
  try {
    const error = await decodeOptionalFailureToOptionalError(converter, failure)
    return (error?.message ?? '').slice(0, maxFailureLength)
  } catch (error) {
    if (error instanceof UndecodablePayload) return error.message
    throw error
  }
}

function linkTo(uiUrl: string, namespace: string, run: { workflowId: string; runId: string }): string {
  const path = ['namespaces', namespace, 'workflows', run.workflowId, run.runId, 'history']
  return `${uiUrl.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof WorkflowNotFoundError ||
    error instanceof NamespaceNotFoundError ||
    grpcStatusOf(error) === grpcStatus.notFound
  )
}

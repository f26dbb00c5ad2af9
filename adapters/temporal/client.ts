import { ScheduleOverlapPolicy } from '@temporalio/client'
import type { DataConverter, WorkflowStartOptions } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import {
  factsChangedSignal,
  reconcileScheduleId,
  searchAttributes,
  shipmentIdOf,
  shipmentWorkflowId,
  shipmentWorkflowType,
  taskQueue,
} from '../../domain/shipment-workflow.ts'
import type { ShipmentInput } from '../../domain/shipment-workflow.ts'
import { describeShipment } from './describe-shipment.ts'
import type { WorkflowView } from './describe-shipment.ts'
import { prepareNamespace } from './prepare-namespace.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

export type TemporalOptions = {
  /** host:port of the frontend. */
  address: string
  namespace: string
  /** Where operators find the Temporal UI; without it a view carries no link. */
  uiUrl?: string
  dataConverter: DataConverter
  /** How long one question may take. */
  timeoutMs?: number
}

export type ShipmentRef = { shipmentId: string; accountId: string }

/** Starts, wakes and describes the workflows of shipments. While Temporal is away every question fails within its time limit. */
export type Temporal = {
  /** A workflow that runs goes on undisturbed; one that is closed or was never there is started. */
  startShipment: (ref: ShipmentRef) => Promise<void>
  /** Tells the workflow that facts changed; starts it where it doesn't run. */
  wakeShipment: (ref: ShipmentRef) => Promise<void>
  describeShipment: (shipmentId: string) => Promise<WorkflowView>
  /** Ids of the shipments whose workflow runs, as visibility knows it: about a second behind. */
  listRunningShipments: () => AsyncIterable<string>
  /** Makes what is missing of namespace, search attributes and Schedule; twice, or in two places at once, does no harm. */
  prepareNamespace: () => Promise<void>
  /** Lets the Schedule reconcile at once instead of at the next minute. */
  reconcileNow: () => Promise<void>
  /** @throws when Temporal doesn't answer, or doesn't know the namespace. */
  check: () => Promise<void>
  close: () => Promise<void>
}

/** The API answers at most this much later while Temporal is down. */
const defaultTimeoutMs = 2_000
const pageSize = 1_000

const stageKey = defineSearchAttributeKey(searchAttributes.stage, 'KEYWORD')
const senderKey = defineSearchAttributeKey(searchAttributes.sender, 'KEYWORD')

/** Needs no server yet: it connects at the first question, and again after every outage. */
export function createTemporal(options: TemporalOptions): Temporal {
  const session = openSession({ ...options, timeoutMs: options.timeoutMs ?? defaultTimeoutMs })
  const { client, namespace, ask } = session
  return {
    startShipment: async (ref) => {
      await ask(() => client.workflow.start(shipmentWorkflowType, startOptions(ref)))
    },
    wakeShipment: async (ref) => {
      const request = { ...startOptions(ref), signal: factsChangedSignal }
      await ask(() => client.workflow.signalWithStart(shipmentWorkflowType, request))
    },
    describeShipment: (shipmentId) => describeShipment(session, { shipmentId, uiUrl: options.uiUrl }),
    listRunningShipments: () => listRunningShipments(session),
    prepareNamespace: () => prepareNamespace(session),
    reconcileNow: () => ask(() => client.schedule.getHandle(reconcileScheduleId).trigger(ScheduleOverlapPolicy.SKIP)),
    check: async () => {
      await ask(() => client.workflowService.describeNamespace({ namespace }))
    },
    close: session.close,
  }
}

function startOptions({ shipmentId, accountId }: ShipmentRef) {
  return {
    workflowId: shipmentWorkflowId(shipmentId),
    taskQueue,
    args: [{ shipmentId } satisfies ShipmentInput],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `Shipment ${shipmentId}`,
    typedSearchAttributes: [
      { key: senderKey, value: accountId },
      { key: stageKey, value: 'received' },
    ],
  } satisfies WorkflowStartOptions
}

async function* listRunningShipments({ client, namespace, ask }: Session): AsyncIterable<string> {
  const query = `WorkflowType = '${shipmentWorkflowType}' AND ExecutionStatus = 'Running'`
  let nextPageToken: Uint8Array | undefined
  do {
    const request = { namespace, query, pageSize, nextPageToken }
    const page = await ask(() => client.workflowService.listWorkflowExecutions(request))
    for (const { execution } of page.executions) {
      if (execution?.workflowId) yield shipmentIdOf(execution.workflowId)
    }
    nextPageToken = page.nextPageToken
  } while (nextPageToken?.length)
}

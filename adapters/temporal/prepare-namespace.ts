import { setTimeout as pause } from 'node:timers/promises'
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client'
import { NamespaceNotFoundError } from '@temporalio/common'
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import {
  reconcileScheduleId,
  reconcileWorkflowType,
  searchAttributes,
  taskQueue,
} from '../../domain/shipment-workflow.ts'
import { grpcStatus, grpcStatusOf } from './session.ts'
import type { Session } from './session.ts'

const { IndexedValueType } = proto.temporal.api.enums.v1
const keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD

const attributeTypes: Record<string, number> = {
  [searchAttributes.stage]: keyword,
  [searchAttributes.sender]: keyword,
  [searchAttributes.problem]: keyword,
  [searchAttributes.deadline]: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}

const retention = '30 days'
const retentionMs = 30 * 24 * 3_600_000

/** Servers read new namespaces and search attributes within seconds; a guess with room for several of them. */
const settleMs = 30_000
const settleStepMs = 250

/** Retention, search attributes and Schedules are lost with Temporal's database: this makes them again. */
export async function prepareNamespace(session: Session): Promise<void> {
  await ensureNamespace(session)
  await onceKnown(() => ensureSearchAttributes(session))
  await onceKnown(() => ensureSchedule(session))
}

async function ensureNamespace({ client, namespace, ask }: Session): Promise<void> {
  const service = client.workflowService
  const found = await unless(
    grpcStatus.notFound,
    ask(() => service.describeNamespace({ namespace })),
  )
  if (!found) {
    const request = { namespace, workflowExecutionRetentionPeriod: msToTs(retention) }
    await unless(
      grpcStatus.alreadyExists,
      ask(() => service.registerNamespace(request)),
    )
  } else if (optionalTsToMs(found.config?.workflowExecutionRetentionTtl) !== retentionMs) {
    const config = { workflowExecutionRetentionTtl: msToTs(retention) }
    await ask(() => service.updateNamespace({ namespace, config }))
  }
}

async function ensureSearchAttributes({ client, namespace, ask }: Session): Promise<void> {
  const operator = client.connection.operatorService
  const { customAttributes } = await ask(() => operator.listSearchAttributes({ namespace }))
  const missing = Object.entries(attributeTypes).filter(([name]) => customAttributes[name] === undefined)
  if (missing.length > 0) {
    const request = { namespace, searchAttributes: Object.fromEntries(missing) }
    await unless(
      grpcStatus.alreadyExists,
      ask(() => operator.addSearchAttributes(request)),
    )
  }
  for (const [name, type] of Object.entries(attributeTypes)) {
    const actual = customAttributes[name] ?? type
    if (actual !== type) throw new Error(wrongType({ name, namespace, actual, type }))
  }
  // Refused until the server has taken them in: then letters can be started with them.
  const query = Object.keys(attributeTypes)
    .map((name) => `${name} IS NOT NULL`)
    .join(' AND ')
  await ask(() => client.workflowService.countWorkflowExecutions({ namespace, query }))
}

async function ensureSchedule({ client, ask }: Session): Promise<void> {
  try {
    await ask(() =>
      client.schedule.create({
        scheduleId: reconcileScheduleId,
        spec: { intervals: [{ every: '1 minute' }] },
        // A missed minute needs no making up: the next one sees the same facts.
        policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '30 seconds' },
        action: {
          type: 'startWorkflow',
          workflowType: reconcileWorkflowType,
          workflowId: reconcileWorkflowType,
          taskQueue,
          // With overlap skipped, a run that hangs would stop all later ones.
          workflowRunTimeout: '10 minutes',
        },
      }),
    )
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}

/** Tries again while the server says that it doesn't know a name which was made a moment ago. */
async function onceKnown(step: () => Promise<void>): Promise<void> {
  const giveUpAt = Date.now() + settleMs
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!isUnknownName(error) || Date.now() > giveUpAt) throw error
      await pause(settleStepMs)
    }
  }
}

function isUnknownName(error: unknown): boolean {
  const status = grpcStatusOf(error)
  return (
    status === grpcStatus.notFound || status === grpcStatus.invalidArgument || error instanceof NamespaceNotFoundError
  )
}

async function unless<Answer>(status: number, answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (grpcStatusOf(error) !== status) throw error
    return undefined
  }
}

function wrongType(options: { name: string; namespace: string; actual: number; type: number }): string {
  const { name, namespace, actual, type } = options
  return `Search attribute ${name} of namespace ${namespace} is ${IndexedValueType[actual]}, not ${IndexedValueType[type]}: remove it there, it is made anew`
}

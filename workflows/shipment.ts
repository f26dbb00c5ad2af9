import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { factsChangedSignal, searchAttributes, stateQuery } from '../domain/shipment-workflow.ts'
import type { ShipmentInput, StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import { heavy, notifying, printing } from './activity-options.ts'
import { park, problemOf, quickly } from './steps.ts'

const validate = quickly('validate', 'Check the metadata')
const { store } = proxyActivities<Activities>({ ...heavy, summary: 'Check the stored originals' })
const { convert } = proxyActivities<Activities>({ ...heavy, summary: 'Make every document a PDF' })
const { merge } = proxyActivities<Activities>({ ...heavy, summary: 'Make the letter' })
const accept = quickly('accept', 'Accept the shipment')
const { notify } = proxyActivities<Activities>({ ...notifying, summary: 'Make the letter readable, send the notice' })
const becomeDue = quickly('becomeDue', 'Decide whether the letter is due for print')
const { print } = proxyActivities<Activities>({ ...printing, summary: 'Hand the letter to the printer' })
const issueReadReceipt = quickly('issueReadReceipt', 'Issue the read receipt')
const look = quickly('look', 'Read the facts')

const factsChanged = defineSignal(factsChangedSignal)
const state = defineQuery<WorkflowFacts | undefined>(stateQuery)

/** How long to wait for a wake-up that may have been lost before looking again. */
const longestWaitMs = 24 * 60 * 60 * 1000

/** The life of one shipment. Every step answers with the facts after it, and they alone say what comes next. */
export async function shipment({ shipmentId }: ShipmentInput): Promise<void> {
  let wakeUps = 0
  let taken = 0
  let facts: WorkflowFacts | undefined
  setHandler(factsChanged, () => {
    wakeUps += 1
  })
  setHandler(state, () => facts)

  const take = async (step: (input: StepInput) => Promise<WorkflowFacts>): Promise<WorkflowFacts> => {
    // Counted before the facts are read: a wake-up that comes while they are read is not lost.
    taken = wakeUps
    const input = { shipmentId, now: new Date(Date.now()).toISOString() }
    const before = facts
    let after: WorkflowFacts
    try {
      after = await step(input)
    } catch (error) {
      after = await park({ ...input, step: before?.next ?? 'look', problem: problemOf(error) })
    }
    if (before && hasStoodStill(before, after))
      after = await park({ ...input, step: after.next, problem: 'StepWithoutProgress' })
    show(after)
    facts = after
    return after
  }
  const wakeUpOr = async (leftMs: number, summary: string): Promise<void> => {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof shipment>({ shipmentId })
    if (leftMs > 0) await condition(() => wakeUps !== taken, Math.min(leftMs, longestWaitMs), { summary })
  }

  let now = await take(look)
  for (;;) {
    switch (now.next) {
      case 'validate':
        now = await take(validate)
        break
      case 'store':
        now = await take(store)
        break
      case 'convert':
        now = await take(convert)
        break
      case 'merge':
        now = await take(merge)
        break
      case 'accept':
        now = await take(accept)
        break
      case 'notify':
        now = await take(notify)
        break
      case 'wait':
        await wakeUpOr(untilDeadline(now), 'Wait until it is read, or the deadline')
        now = await take(look)
        break
      case 'becomeDue':
        now = await take(becomeDue)
        break
      case 'print':
        now = await take(print)
        break
      case 'issueReadReceipt':
        now = await take(issueReadReceipt)
        break
      case 'askPerson':
        await wakeUpOr(longestWaitMs, 'Wait for a person to settle the problem')
        now = await take(look)
        break
      case 'end':
        return
      default:
        now.next satisfies never
    }
  }
}

function untilDeadline(facts: WorkflowFacts): number {
  return facts.deadlineAt ? Date.parse(facts.deadlineAt) - Date.now() : longestWaitMs
}

/** A working step that changed nothing and would be taken again at once: a defect, which must not spin. */
function hasStoodStill(before: WorkflowFacts, after: WorkflowFacts): boolean {
  const waits = ['wait', 'askPerson', 'end']
  return !waits.includes(after.next) && before.next === after.next && before.revision === after.revision
}

const stage = defineSearchAttributeKey(searchAttributes.stage, SearchAttributeType.KEYWORD)
const sender = defineSearchAttributeKey(searchAttributes.sender, SearchAttributeType.KEYWORD)
const problem = defineSearchAttributeKey(searchAttributes.problem, SearchAttributeType.KEYWORD)
const deadline = defineSearchAttributeKey(searchAttributes.deadline, SearchAttributeType.DATETIME)

/** What operators see in the list and at the top of the run; set only where it changed, since each setting is an event. */
function show(facts: WorkflowFacts): void {
  const shown = workflowInfo().typedSearchAttributes
  const shownDeadline = shown.get(deadline)?.toISOString() ?? null
  if (
    shown.get(stage) !== facts.status ||
    (shown.get(problem) ?? null) !== facts.problem ||
    shownDeadline !== facts.deadlineAt ||
    shown.get(sender) !== facts.senderId
  ) {
    upsertSearchAttributes([
      { key: stage, value: facts.status },
      { key: sender, value: facts.senderId },
      { key: problem, value: facts.problem },
      { key: deadline, value: facts.deadlineAt ? new Date(facts.deadlineAt) : null },
    ])
  }
  setCurrentDetails(
    [
      `Status **${facts.status}**, next: **${facts.next}**`,
      facts.deadlineAt ? `Deadline ${facts.deadlineAt}` : '',
      facts.problem ? `Problem **${facts.problem}**` : '',
    ]
      .filter((line) => line !== '')
      .join('\n\n'),
  )
}

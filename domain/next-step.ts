import type { ProblemCode } from './problems.ts'
import type { Status } from './status.ts'

/** The facts that decide what happens next. No personal data: it travels through Temporal. */
export type DecidingFacts = {
  status: Status
  /** Nothing is left to do. */
  closed: boolean
  problem: ProblemCode | null
  validated: boolean
  stored: boolean
  converted: boolean
  merged: boolean
  hasDigitalId: boolean
  digitalOnly: boolean
  printAskedFor: boolean
  noNotice: boolean
  deadlineAt: string | null
}

export const steps = [
  'validate',
  'store',
  'convert',
  'merge',
  'accept',
  'notify',
  'wait',
  'becomeDue',
  'print',
  'issueReadReceipt',
  'askPerson',
  'end',
] as const
export type Step = (typeof steps)[number]

/** What a shipment's workflow does next, decided from the facts alone, so that a run can begin at any point. */
export function nextStep(facts: DecidingFacts, nowIso: string): Step {
  if (facts.closed) return 'end'
  if (facts.problem) return 'askPerson'
  switch (facts.status) {
    case 'received':
      return nextOfPreparation(facts)
    case 'accepted':
      if (mustBePrinted(facts)) return 'becomeDue'
      return facts.deadlineAt ? waitOrBecomeDue(facts.deadlineAt, nowIso) : 'notify'
    case 'notified':
      if (mustBePrinted(facts) || !facts.deadlineAt) return 'becomeDue'
      return waitOrBecomeDue(facts.deadlineAt, nowIso)
    case 'dueForPrint':
    case 'handingOver':
      return 'print'
    case 'read':
      return 'issueReadReceipt'
    case 'rejected':
    case 'sentToPrint':
    case 'printed':
    case 'posted':
    case 'printFailed':
    case 'sentDigitally':
    case 'undelivered':
    case 'recalled':
    case 'handledManually':
      return 'end'
    default:
      return facts.status satisfies never
  }
}

function nextOfPreparation(facts: DecidingFacts): Step {
  if (!facts.validated) return 'validate'
  if (!facts.stored) return 'store'
  if (!facts.converted) return 'convert'
  return facts.merged ? 'accept' : 'merge'
}

/** Paper without waiting: nobody to notify, or the sender asked for it. Digital-only letters never print. */
function mustBePrinted(facts: DecidingFacts): boolean {
  return !facts.digitalOnly && (!facts.hasDigitalId || facts.printAskedFor || (facts.noNotice && !facts.deadlineAt))
}

function waitOrBecomeDue(deadlineAt: string, nowIso: string): Step {
  return Date.parse(deadlineAt) <= Date.parse(nowIso) ? 'becomeDue' : 'wait'
}

import { nextStep } from './next-step.ts'
import type { DecidingFacts, Step } from './next-step.ts'
import { whatToDo } from './problems.ts'
import type { PeriodSource, UnreadPeriod } from './shipment.ts'

/** What a shipment waits for: what happens next, not before when, and why. */
export type NextAction = {
  what: Step | 'nothing'
  notBefore: string | null
  because: string
}

export type ExplainingFacts = DecidingFacts & {
  unreadPeriod: UnreadPeriod | null
  unreadPeriodSource: PeriodSource | null
}

/** Every answer explains itself: the same decision that moves the workflow, in words. */
export function nextAction(facts: ExplainingFacts, nowIso: string): NextAction {
  const step = nextStep(facts, nowIso)
  switch (step) {
    case 'wait':
      return {
        what: facts.digitalOnly ? 'wait' : 'print',
        notBefore: facts.deadlineAt,
        because: `Not read yet. ${period(facts)} ${facts.digitalOnly ? 'It is digital only and will not be printed.' : 'If it is still unread then, it is printed.'}`,
      }
    case 'askPerson':
      return { what: step, notBefore: null, because: facts.problem ? whatToDo[facts.problem] : '' }
    case 'end':
      return { what: 'nothing', notBefore: null, because: `The shipment has ended: ${facts.status}.` }
    case 'validate':
    case 'store':
    case 'convert':
    case 'merge':
    case 'accept':
    case 'notify':
    case 'becomeDue':
    case 'print':
    case 'issueReadReceipt':
      return { what: step, notBefore: null, because: reasons[step] }
    default:
      return step satisfies never
  }
}

const reasons = {
  validate: 'The metadata is about to be validated.',
  store: 'The stored originals are about to be checked against the hashes they were received with.',
  convert: 'The documents are being made into PDF.',
  merge: 'The letter is being made from the documents.',
  accept: 'The letter is made and is about to be accepted.',
  notify:
    'The letter is being made readable and the recipient notified; a mail outage delays this and holds the unread period.',
  becomeDue: 'The letter is about to become due: its deadline has passed, it was asked for, or nobody can be notified.',
  print:
    'The letter is due for print and is being handed to the printer; until the hand-over begins, a read or recall still wins.',
  issueReadReceipt: 'The letter was read and the receipt is about to be issued.',
} as const

function period(facts: ExplainingFacts): string {
  if (!facts.unreadPeriod || !facts.unreadPeriodSource) return ''
  const { amount, unit } = facts.unreadPeriod
  return `The unread period is ${amount} ${unit}, set by the ${facts.unreadPeriodSource}.`
}

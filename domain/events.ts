import type { ProblemCode } from './problems.ts'
import type { PeriodSource, UnreadPeriod } from './shipment.ts'
import type { Status } from './status.ts'

export type RejectionReason = { document: number; code: string }

export const dueReasons = ['unread', 'noDigitalId', 'noNotice', 'askedFor'] as const
export type DueReason = (typeof dueReasons)[number]

export type Deadline = { period: UnreadPeriod; source: PeriodSource; deadlineAt: string }

/** Why no notice could be sent to this recipient; an outage is never one of them. */
export type NoNoticeReason = 'noEmail' | 'refusedForGood'

/** A read that came too late to decide: it is recorded and shown, and the status stays. */
export type ReadAfter = 'handOver' | 'handledManually'

/** Decided anew: a read that was committed while the hand-over was under way wins, as it would have before it. */
export type AfterTakingBack = 'dueForPrint' | 'read'

/** Everything that happens to a shipment. Data holds no names, addresses or national ids; those are sealed beside it. */
export type ShipmentEvent =
  | { type: 'received'; data: { documents: number } }
  | { type: 'metadataValidated'; data: { ruleSet: string } }
  | { type: 'originalsStored'; data: { documents: number } }
  | { type: 'documentsConverted'; data: { converted: number } }
  | { type: 'letterMade'; data: { pages: number } }
  | { type: 'accepted'; data: Record<string, never> }
  | { type: 'rejected'; data: { reasons: RejectionReason[] } }
  | { type: 'madeReadable'; data: Record<string, never> }
  | { type: 'notified'; data: Deadline }
  | { type: 'noticeImpossible'; data: { reason: NoNoticeReason; outcome: 'print' | 'undelivered' } }
  | { type: 'waitsWithoutNotice'; data: { reason: NoNoticeReason } & Deadline }
  | { type: 'read'; data: { readAt: string; system: string; after: ReadAfter | null } }
  | { type: 'readReceiptIssued'; data: { readAt: string } }
  | { type: 'unreadPeriodSet'; data: { period: UnreadPeriod } }
  | { type: 'deadlineMoved'; data: Deadline & { backTo: 'accepted' | 'notified' | null } }
  | { type: 'printAskedFor'; data: Record<string, never> }
  | { type: 'dueForPrint'; data: { because: DueReason } }
  | { type: 'handOverBegun'; data: { attempt: number } }
  | { type: 'handOverTakenBack'; data: { attempt: number; to: AfterTakingBack } }
  | { type: 'handedOver'; data: { attempt: number; sheets: number } }
  | { type: 'notReadInTime'; data: Record<string, never> }
  | { type: 'recalled'; data: Record<string, never> }
  | { type: 'handledManually'; data: Record<string, never> }
  | { type: 'problemArose'; data: { code: ProblemCode; step: string } }
  | { type: 'retried'; data: { code: ProblemCode; handOver: 'sentToPrint' | AfterTakingBack | null } }

export type EventType = ShipmentEvent['type']

export const eventTypes = [
  'received',
  'metadataValidated',
  'originalsStored',
  'documentsConverted',
  'letterMade',
  'accepted',
  'rejected',
  'madeReadable',
  'notified',
  'noticeImpossible',
  'waitsWithoutNotice',
  'read',
  'readReceiptIssued',
  'unreadPeriodSet',
  'deadlineMoved',
  'printAskedFor',
  'dueForPrint',
  'handOverBegun',
  'handOverTakenBack',
  'handedOver',
  'notReadInTime',
  'recalled',
  'handledManually',
  'problemArose',
  'retried',
] as const satisfies readonly EventType[]

/** The status a shipment has after an event. Events that only record a fact leave it as it is. */
export function statusAfter(event: ShipmentEvent, before: Status): Status {
  switch (event.type) {
    case 'received':
      return 'received'
    case 'accepted':
      return 'accepted'
    case 'rejected':
      return 'rejected'
    case 'notified':
      return 'notified'
    case 'noticeImpossible':
      return event.data.outcome === 'undelivered' ? 'undelivered' : before
    case 'read':
      return event.data.after ? before : 'read'
    case 'deadlineMoved':
      return event.data.backTo ?? before
    case 'dueForPrint':
      return 'dueForPrint'
    case 'handOverTakenBack':
      return event.data.to
    case 'handOverBegun':
      return 'handingOver'
    case 'handedOver':
      return 'sentToPrint'
    case 'notReadInTime':
      return 'sentDigitally'
    case 'recalled':
      return 'recalled'
    case 'handledManually':
      return 'handledManually'
    case 'retried':
      return event.data.handOver ?? before
    case 'metadataValidated':
    case 'originalsStored':
    case 'documentsConverted':
    case 'letterMade':
    case 'madeReadable':
    case 'waitsWithoutNotice':
    case 'readReceiptIssued':
    case 'unreadPeriodSet':
    case 'printAskedFor':
    case 'problemArose':
      return before
    default:
      return event satisfies never
  }
}

import type { Fact } from '../db/record-event.ts'
import type { RejectionReason } from '../domain/events.ts'

/** The fact that ends a shipment whose documents or metadata can't become a letter. */
export function rejected(reasons: RejectionReason[]): Fact {
  return {
    key: 'rejected',
    actor: 'postgang',
    event: { type: 'rejected', data: { reasons } },
    facts: { closedAt: new Date() },
  }
}

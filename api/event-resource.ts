import { eventText } from '../domain/event-text.ts'
import type { AccountEventRow, EventRow } from '../db/events.ts'
import { eventOf } from '../db/events.ts'
import type { Seal } from '../db/seal.ts'
import type { AccountEventResource, EventResource } from './schemas.ts'

export function eventResource(row: EventRow, seal: Seal): EventResource {
  const event = eventOf(row)
  const reader = row.personSealed ? seal.open(row.personSealed) : undefined
  return {
    seq: row.seq,
    type: row.type,
    at: row.at.toISOString(),
    actor: row.actor,
    text: eventText(event, { reader }),
    data: { ...event.data },
  }
}

export function accountEventResource(row: AccountEventRow, seal: Seal): AccountEventResource {
  return {
    position: row.position,
    shipmentId: row.shipmentId,
    shipmentNumber: row.shipmentNumber,
    externalReference: row.externalReference,
    ...eventResource(row, seal),
  }
}

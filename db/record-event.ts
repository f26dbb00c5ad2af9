import { and, eq, sql } from 'drizzle-orm'
import { statusAfter } from '../domain/events.ts'
import type { ShipmentEvent } from '../domain/events.ts'
import { canBecome } from '../domain/status.ts'
import type { Db, Tx } from './database.ts'
import { accountCounter, document, shipment, shipmentEvent, shipmentReader } from './schema.ts'

export type Shipment = typeof shipment.$inferSelect
export type NewShipment = Omit<typeof shipment.$inferInsert, 'number' | 'status' | 'revision' | 'lastSeq'>
export type NewDocument = Omit<typeof document.$inferInsert, 'shipmentId'>
export type NewReader = Omit<typeof shipmentReader.$inferInsert, 'shipmentId'>

/** What an event changes in the shipment's row besides its status. */
export type Facts = Partial<
  Omit<typeof shipment.$inferInsert, 'id' | 'accountId' | 'number' | 'status' | 'revision' | 'seenRevision' | 'lastSeq'>
>

export type Fact = {
  /** The fact's own name within the shipment: recorded twice, the first stands. */
  key: string
  event: ShipmentEvent
  /** Who did it: `postgang`, or a sender system. Never a person's name. */
  actor: string
  facts?: Facts
  /** When it happened, where that is known better than "now". */
  at?: Date
  /** Encrypted national id or name of the person the event is about. */
  personSealed?: Buffer
}

/** Decides under the row's lock, from the facts as they are: a fact to record, or why it is too late for it. */
export type Decide<Late extends string> = (
  row: Shipment,
  tx: Tx,
) => Promise<Fact | { late: Late }> | Fact | { late: Late }

export type Recorded<Late extends string> =
  | { outcome: 'recorded' | 'stands'; shipment: Shipment }
  | { outcome: 'late'; late: Late | 'statusForbids'; shipment: Shipment }

/**
 * The only way to change a shipment: locks its row, lets `decide` look at the facts, checks the transition, and commits fact,
 * status and event together. A fact that already stands changes nothing; one that comes too late is told so as a value.
 * @returns undefined when there is no such shipment.
 */
export function recordEvent<Late extends string = never>(
  db: Db,
  shipmentId: string,
  decide: Decide<Late>,
): Promise<Recorded<Late> | undefined> {
  return db.transaction((tx) => recordEventIn(tx, shipmentId, decide))
}

/** The same within a transaction that holds more than this one event. */
export async function recordEventIn<Late extends string = never>(
  tx: Tx,
  shipmentId: string,
  decide: Decide<Late>,
): Promise<Recorded<Late> | undefined> {
  const [row] = await tx.select().from(shipment).where(eq(shipment.id, shipmentId)).for('update')
  if (!row) return undefined
  const fact = await decide(row, tx)
  if ('late' in fact) return { outcome: 'late', late: fact.late, shipment: row }
  const [standing] = await tx
    .select({ seq: shipmentEvent.seq })
    .from(shipmentEvent)
    .where(and(eq(shipmentEvent.shipmentId, shipmentId), eq(shipmentEvent.factKey, fact.key)))
  if (standing) return { outcome: 'stands', shipment: row }
  const status = statusAfter(fact.event, row.status)
  if (!canBecome(row.status, status)) return { outcome: 'late', late: 'statusForbids', shipment: row }
  const [changed] = await tx
    .update(shipment)
    .set({
      ...fact.facts,
      status,
      revision: row.revision + 1,
      lastSeq: row.lastSeq + 1,
      changedAt: sql`clock_timestamp()`,
    })
    .where(eq(shipment.id, shipmentId))
    .returning()
  if (!changed) throw new Error(`Shipment ${shipmentId} vanished under its lock`)
  await insertEvent(tx, changed, fact)
  return { outcome: 'recorded', shipment: changed }
}

/** The first event of a shipment, with the row set that makes it. */
export async function recordReceived(
  tx: Tx,
  created: { shipment: NewShipment; documents: NewDocument[]; readers: NewReader[]; actor: string },
): Promise<Shipment> {
  const number = await nextNumber(tx, created.shipment.accountId)
  const [row] = await tx
    .insert(shipment)
    .values({ ...created.shipment, number, status: 'received', revision: 1, lastSeq: 1 })
    .returning()
  if (!row) throw new Error(`Shipment ${created.shipment.id} was not inserted`)
  const shipmentId = row.id
  await tx.insert(document).values(created.documents.map((each) => ({ ...each, shipmentId })))
  if (created.readers.length > 0)
    await tx.insert(shipmentReader).values(created.readers.map((each) => ({ ...each, shipmentId })))
  const event: ShipmentEvent = { type: 'received', data: { documents: created.documents.length } }
  await insertEvent(tx, row, { key: 'received', event, actor: created.actor, at: row.createdAt })
  return row
}

/** The counter's row stays locked until the commit: positions become visible in their order, without gaps. */
async function insertEvent(tx: Tx, row: Shipment, fact: Fact): Promise<void> {
  const [counter] = await tx
    .update(accountCounter)
    .set({ lastPosition: sql`${accountCounter.lastPosition} + 1` })
    .where(eq(accountCounter.accountId, row.accountId))
    .returning({ position: accountCounter.lastPosition })
  if (!counter)
    throw new Error(`Account ${row.accountId} has no counter: its row was not made by "admin account create"`)
  await tx.insert(shipmentEvent).values({
    shipmentId: row.id,
    seq: row.lastSeq,
    accountId: row.accountId,
    position: counter.position,
    type: fact.event.type,
    at: fact.at ?? sql`clock_timestamp()`,
    actor: fact.actor,
    factKey: fact.key,
    data: fact.event.data,
    personSealed: fact.personSealed,
  })
}

async function nextNumber(tx: Tx, accountId: string): Promise<number> {
  const [counter] = await tx
    .update(accountCounter)
    .set({ lastNumber: sql`${accountCounter.lastNumber} + 1` })
    .where(eq(accountCounter.accountId, accountId))
    .returning({ number: accountCounter.lastNumber })
  if (!counter) throw new Error(`Account ${accountId} has no counter: its row was not made by "admin account create"`)
  return counter.number
}

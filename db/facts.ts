import { eq, sql } from 'drizzle-orm'
import { nextStep } from '../domain/next-step.ts'
import type { DecidingFacts } from '../domain/next-step.ts'
import type { WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Db } from './database.ts'
import type { Shipment } from './record-event.ts'
import { shipment } from './schema.ts'

export class ShipmentUnknown extends Error {
  override name = 'ShipmentUnknown'
}

/**
 * Reads the facts for the workflow and notes that it has seen them, in one statement.
 * @throws ShipmentUnknown
 */
export async function readFacts(db: Db, shipmentId: string, now: string): Promise<WorkflowFacts> {
  const [row] = await db
    .update(shipment)
    .set({ seenRevision: sql`${shipment.revision}` })
    .where(eq(shipment.id, shipmentId))
    .returning()
  if (!row) throw new ShipmentUnknown(`No shipment ${shipmentId} in the database`)
  return {
    next: nextStep(decidingFacts(row), now),
    status: row.status,
    revision: row.revision,
    senderId: row.accountId,
    deadlineAt: row.printDeadlineAt?.toISOString() ?? null,
    problem: row.problem,
  }
}

export function decidingFacts(row: Shipment): DecidingFacts {
  return {
    status: row.status,
    closed: row.closedAt !== null,
    problem: row.problem,
    validated: row.validatedAt !== null,
    stored: row.storedAt !== null,
    converted: row.convertedAt !== null,
    merged: row.letterBlobKey !== null,
    hasDigitalId: row.recipientIdKind !== null,
    digitalOnly: row.digitalOnly,
    printAskedFor: row.printAskedAt !== null,
    noNotice: row.noNoticeReason !== null,
    deadlineAt: row.printDeadlineAt?.toISOString() ?? null,
  }
}

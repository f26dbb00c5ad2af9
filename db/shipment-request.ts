import { asc, eq } from 'drizzle-orm'
import type { ShipmentRequest } from '../domain/shipment.ts'
import type { Db, Tx } from './database.ts'
import type { Shipment } from './record-event.ts'
import { document, shipmentReader } from './schema.ts'
import type { Seal } from './seal.ts'

export type Document = typeof document.$inferSelect

export function documentsOf(db: Db | Tx, shipmentId: string): Promise<Document[]> {
  return db.select().from(document).where(eq(document.shipmentId, shipmentId)).orderBy(asc(document.number))
}

/** National ids of the others who may fetch the letter, decrypted. */
export async function visibleToOf(db: Db | Tx, shipmentId: string, seal: Seal): Promise<string[]> {
  const rows = await db
    .select()
    .from(shipmentReader)
    .where(eq(shipmentReader.shipmentId, shipmentId))
    .orderBy(asc(shipmentReader.position))
  return rows.map((row) => seal.open(row.idSealed))
}

/** The stored shipment in the words it was asked for in. */
export function shipmentRequestOf(
  row: Shipment,
  parts: { documents: Document[]; visibleTo: string[]; seal: Seal },
): ShipmentRequest {
  const id = row.recipientIdSealed ? parts.seal.open(row.recipientIdSealed) : undefined
  return {
    title: row.title,
    recipient: {
      personId: row.recipientIdKind === 'person' ? id : undefined,
      organisationId: row.recipientIdKind === 'organisation' ? id : undefined,
      name: row.recipientName,
      address: row.recipientAddress ?? undefined,
      email: row.recipientEmail ?? undefined,
      mobile: row.recipientMobile ?? undefined,
      language: row.recipientLanguage ?? undefined,
    },
    documents: parts.documents.map(({ fileName, mimeType, excludeFromPrint, sensitive, giroPages }) => ({
      fileName,
      mimeType,
      excludeFromPrint,
      sensitive,
      giroPages,
    })),
    senderSystem: row.senderSystem,
    externalReference: row.externalReference ?? undefined,
    correlationId: row.correlationId ?? undefined,
    costCode: row.costCode ?? undefined,
    digitalOnly: row.digitalOnly,
    securityLevel: row.securityLevel ?? undefined,
    visibleTo: parts.visibleTo,
    print: row.print,
    unreadPeriod: row.ownUnreadPeriod ?? undefined,
  }
}

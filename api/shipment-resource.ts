import { nextAction } from '../domain/next-action.ts'
import { whatToDo } from '../domain/problems.ts'
import type { RejectionReason } from '../domain/events.ts'
import type { PostalAddress } from '../domain/shipment.ts'
import type { Db } from '../db/database.ts'
import { decidingFacts } from '../db/facts.ts'
import type { Shipment } from '../db/record-event.ts'
import type { Seal } from '../db/seal.ts'
import { shipmentParts } from '../db/shipments.ts'
import type { ShipmentParts } from '../db/shipments.ts'
import type { ShipmentResource } from './schemas.ts'

type Reading = { db: Db; seal: Seal }

/** The resource of a row as it stands, with what belongs to it read from the database. */
export async function readShipmentResource({ db, seal }: Reading, row: Shipment): Promise<ShipmentResource> {
  const [resource] = await readShipmentResources({ db, seal }, [row])
  if (!resource) throw new Error(`Shipment ${row.id} has no resource`)
  return resource
}

/** In the order of the rows, with a fixed number of queries. */
export async function readShipmentResources({ db, seal }: Reading, rows: Shipment[]): Promise<ShipmentResource[]> {
  const parts = await shipmentParts(db, rows)
  const now = new Date()
  return rows.map((row) => shipmentResource(row, { ...parts(row.id), seal, now }))
}

export function shipmentResource(row: Shipment, has: ShipmentParts & { seal: Seal; now: Date }): ShipmentResource {
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    createdAt: row.createdAt.toISOString(),
    notifiedAt: row.notifiedAt?.toISOString() ?? null,
    printDeadlineAt: row.printDeadlineAt?.toISOString() ?? null,
    readAt: row.readAt?.toISOString() ?? null,
    nextAction: nextAction(
      { ...decidingFacts(row), unreadPeriod: row.unreadPeriod, unreadPeriodSource: row.unreadPeriodSource },
      has.now.toISOString(),
    ),
    problem: problemOf(row),
    rejectionReasons: rejectionOf(row, has.rejection),
    title: row.title,
    recipient: recipientOf(row, has.seal),
    documents: has.documents.map(({ fileName, mimeType, excludeFromPrint, sensitive, giroPages }) => ({
      fileName,
      mimeType,
      excludeFromPrint,
      sensitive,
      giroPages,
    })),
    senderSystem: row.senderSystem,
    externalReference: row.externalReference,
    correlationId: row.correlationId,
    costCode: row.costCode,
    digitalOnly: row.digitalOnly,
    securityLevel: row.securityLevel,
    visibleTo: has.readers.map((reader) => has.seal.open(reader.idSealed)),
    print: {
      colour: row.print.colour ?? null,
      duplex: row.print.duplex ?? null,
      letterType: row.print.letterType ?? null,
    },
    unreadPeriod: row.ownUnreadPeriod,
  }
}

function problemOf(row: Shipment): ShipmentResource['problem'] {
  if (!row.problem) return null
  return {
    code: row.problem,
    step: row.problemStep,
    at: (row.problemAt ?? row.changedAt).toISOString(),
    whatToDo: whatToDo[row.problem],
  }
}

function rejectionOf(row: Shipment, reasons: RejectionReason[]): ShipmentResource['rejectionReasons'] {
  return row.status === 'rejected' ? reasons : null
}

function recipientOf(row: Shipment, seal: Seal): ShipmentResource['recipient'] {
  const id = row.recipientIdSealed ? seal.open(row.recipientIdSealed) : null
  return {
    personId: row.recipientIdKind === 'person' ? id : null,
    organisationId: row.recipientIdKind === 'organisation' ? id : null,
    name: row.recipientName,
    address: row.recipientAddress ? addressOf(row.recipientAddress) : null,
    email: row.recipientEmail,
    mobile: row.recipientMobile,
    language: row.recipientLanguage,
  }
}

function addressOf({ lines, postalCode, city, country }: PostalAddress) {
  return { lines, postalCode: postalCode ?? null, city, country: country ?? null }
}

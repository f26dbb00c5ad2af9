import { kindOfId } from '../domain/national-id.ts'
import { ruleSet } from '../domain/rules.ts'
import type { ShipmentRequest } from '../domain/shipment.ts'
import type { NewDocument, NewReader, NewShipment } from './record-event.ts'
import type { Seal } from './seal.ts'

export type Stored = { blobKey: string; sizeBytes: number; sha256: string }

/** The rows of a shipment as it is let in; national ids only sealed and hashed. */
export function rowsOf(
  request: ShipmentRequest,
  given: { id: string; accountId: string; senderSystem: string; files: Stored[]; seal: Seal },
): { shipment: NewShipment; documents: NewDocument[]; readers: NewReader[] } {
  const { seal } = given
  const { recipient } = request
  const recipientId = recipient.personId ?? recipient.organisationId
  return {
    shipment: {
      id: given.id,
      accountId: given.accountId,
      ruleSet,
      title: request.title,
      recipientIdKind: recipientId === undefined ? null : (kindOfId(recipientId) ?? null),
      recipientIdSealed: recipientId === undefined ? null : seal.seal(recipientId),
      recipientIdHash: recipientId === undefined ? null : seal.hash(recipientId),
      recipientName: recipient.name,
      recipientAddress: recipient.address ?? null,
      recipientEmail: recipient.email ?? null,
      recipientMobile: recipient.mobile ?? null,
      recipientLanguage: recipient.language ?? null,
      senderSystem: request.senderSystem ?? given.senderSystem,
      externalReference: request.externalReference ?? null,
      correlationId: request.correlationId ?? null,
      costCode: request.costCode ?? null,
      digitalOnly: request.digitalOnly ?? false,
      securityLevel: request.securityLevel ?? null,
      print: request.print ?? {},
      ownUnreadPeriod: request.unreadPeriod ?? null,
    },
    documents: request.documents.map((metadata, index) => ({
      number: index + 1,
      fileName: metadata.fileName,
      mimeType: metadata.mimeType,
      excludeFromPrint: metadata.excludeFromPrint ?? false,
      sensitive: metadata.sensitive ?? false,
      giroPages: metadata.giroPages ?? [],
      ...storedAt(given.files, index),
    })),
    readers: (request.visibleTo ?? []).map((id, position) => ({
      position,
      idSealed: seal.seal(id),
      idHash: seal.hash(id),
    })),
  }
}

function storedAt(files: Stored[], index: number): Stored {
  const file = files[index]
  if (!file) throw new Error(`Document ${index + 1} has no stored file`)
  return file
}

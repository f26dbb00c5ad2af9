import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { BlobStore } from '../../adapters/blobs/contract.ts'
import type { Db } from '../../db/database.ts'
import { recordEvent, recordReceived } from '../../db/record-event.ts'
import type { Fact, NewShipment, Shipment } from '../../db/record-event.ts'
import type { ShipmentRequest } from '../../domain/shipment.ts'

/** What a sender asks for: to a person, with one PDF. */
export function aRequest(changed: Partial<ShipmentRequest> = {}): ShipmentRequest {
  return {
    title: 'Vedtak om barnehageplass',
    recipient: {
      personId: '01010750160',
      name: 'Kari Nordmann',
      address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' },
      email: 'kari@example.com',
    },
    documents: [{ fileName: 'vedtak.pdf', mimeType: 'application/pdf' }],
    ...changed,
  }
}

export type StoredShipment = {
  accountId: string
  facts?: Partial<NewShipment>
  /** File names with their bytes; one small PDF unless told. They are stored only where `blobs` is given. */
  files?: { fileName: string; mimeType: string; bytes: Buffer }[]
  blobs?: BlobStore
}

const onePdf = [{ fileName: 'vedtak.pdf', mimeType: 'application/pdf', bytes: Buffer.from('%PDF-1.7 a letter') }]

/** A received shipment in the database, as intake leaves it. */
export async function aReceivedShipment(
  db: Db,
  { accountId, facts, files = onePdf, blobs }: StoredShipment,
): Promise<Shipment> {
  const id = facts?.id ?? randomUUID()
  const documents = files.map(({ fileName, mimeType, bytes }, index) => ({
    number: index + 1,
    fileName,
    mimeType,
    excludeFromPrint: false,
    sensitive: false,
    giroPages: [],
    blobKey: `incoming/${id}/${index + 1}`,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }))
  for (const [index, { bytes }] of files.entries())
    await blobs?.put(`incoming/${id}/${index + 1}`, Readable.from([bytes]))
  const shipment: NewShipment = {
    id,
    accountId,
    ruleSet: 'test',
    title: 'Vedtak om barnehageplass',
    recipientName: 'Kari Nordmann',
    recipientAddress: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' },
    senderSystem: 'sak',
    digitalOnly: false,
    print: {},
    ...facts,
  }
  return db.transaction((tx) => recordReceived(tx, { shipment, documents, readers: [], actor: 'sak' }))
}

/** A shipment that lies readable and notified, its deadline a week ahead. */
export async function aNotifiedShipment(db: Db, stored: StoredShipment): Promise<Shipment> {
  const facts = { recipientIdKind: 'person' as const, ...stored.facts }
  const received = await aReceivedShipment(db, { ...stored, facts })
  const now = new Date()
  const deadlineAt = new Date(now.getTime() + 7 * 24 * 3_600_000)
  const period = { amount: 7, unit: 'days' } as const
  await happen(db, received.id, { event: { type: 'accepted', data: {} }, facts: { acceptedAt: now } })
  await happen(db, received.id, { event: { type: 'madeReadable', data: {} }, facts: { readableAt: now } })
  return happen(db, received.id, {
    event: { type: 'notified', data: { period, source: 'installation', deadlineAt: deadlineAt.toISOString() } },
    facts: {
      notifiedAt: now,
      countsFromAt: now,
      unreadPeriod: period,
      unreadPeriodSource: 'installation',
      unreadPeriodRevision: 0,
      printDeadlineAt: deadlineAt,
    },
  })
}

/** One that the printer has. */
export async function aPrintedShipment(db: Db, stored: StoredShipment): Promise<Shipment> {
  const { id } = await aNotifiedShipment(db, stored)
  await happen(db, id, { event: { type: 'dueForPrint', data: { because: 'unread' } } })
  await happen(db, id, { event: { type: 'handOverBegun', data: { attempt: 1 } } })
  return happen(db, id, {
    event: { type: 'handedOver', data: { attempt: 1, sheets: 2 } },
    facts: { closedAt: new Date() },
  })
}

/** Records one event, through the same door as the service. @throws when it could not be recorded. */
export async function happen(db: Db, shipmentId: string, fact: Pick<Fact, 'event' | 'facts'>): Promise<Shipment> {
  const recorded = await recordEvent(db, shipmentId, (row) => ({
    key: `${fact.event.type}-${row.lastSeq}`,
    actor: 'postgang',
    ...fact,
  }))
  if (recorded?.outcome !== 'recorded') throw new Error(`${fact.event.type} was not recorded: ${recorded?.outcome}`)
  return recorded.shipment
}

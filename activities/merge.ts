import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { eq } from 'drizzle-orm'
import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import type { Shipment } from '../db/record-event.ts'
import { account, shipment } from '../db/schema.ts'
import { documentsOf } from '../db/shipment-request.ts'
import type { Document } from '../db/shipment-request.ts'
import { addressLines } from '../domain/address.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'
import { withHeartbeat } from './heartbeat.ts'
import type { FrontPage } from './pdf/front-page.ts'
import { mergeLetter, UnmergeablePart } from './pdf/merge.ts'
import type { Letter } from './pdf/merge.ts'
import { readBlob } from './read-blob.ts'
import { rejected } from './rejected.ts'

/** Every attempt writes under a key of its own, and the first commit names the letter: a retry never changes it. */
export const createMerge = ({ db, blobs }: Dependencies) => ({
  merge: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    const [row] = await db.select().from(shipment).where(eq(shipment.id, shipmentId))
    if (!row || row.status !== 'received' || row.letterBlobKey) return readFacts(db, shipmentId, now)
    await withHeartbeat(async () => {
      const documents = (await documentsOf(db, shipmentId)).filter((document) => !document.excludeFromPrint)
      const parts: Uint8Array[] = []
      for (const document of documents) parts.push(await readBlob(blobs, pdfKeyOf(document)))
      try {
        await keepLetter(
          { db, blobs },
          row,
          await mergeLetter({ frontPage: await frontPageOf(db, row, documents), parts }),
        )
      } catch (error) {
        if (!(error instanceof UnmergeablePart)) throw error
        const document = documents[error.part]?.number ?? 0
        await recordEvent<'notReceived'>(db, shipmentId, (current) =>
          current.status === 'received' ? rejected([{ document, code: error.refusal.code }]) : { late: 'notReceived' },
        )
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

async function keepLetter(
  { db, blobs }: Pick<Dependencies, 'db' | 'blobs'>,
  row: Shipment,
  letter: Letter,
): Promise<void> {
  const key = `letters/${row.id}/${randomUUID()}.pdf`
  const stored = await blobs.put(key, Readable.from([letter.bytes]))
  const recorded = await recordEvent<'notReceived'>(db, row.id, (current) => {
    if (current.status !== 'received') return { late: 'notReceived' }
    return {
      key: 'letterMade',
      actor: 'postgang',
      event: { type: 'letterMade', data: { pages: letter.pages } },
      facts: {
        letterBlobKey: key,
        letterSha256: stored.sha256,
        letterBytes: stored.sizeBytes,
        letterPages: letter.pages,
      },
    }
  })
  if (recorded?.outcome !== 'recorded') await blobs.remove(key)
}

function pdfKeyOf(document: Document): string {
  if (!document.pdfBlobKey)
    throw new Error(`Document ${document.number} of shipment ${document.shipmentId} was never converted`)
  return document.pdfBlobKey
}

async function frontPageOf(db: Dependencies['db'], row: Shipment, documents: Document[]): Promise<FrontPage> {
  const [sender] = await db.select().from(account).where(eq(account.id, row.accountId))
  if (!sender) throw new Error(`Account ${row.accountId} is gone`)
  return {
    recipient: {
      name: row.recipientName,
      addressLines: row.recipientAddress ? addressLines(row.recipientAddress) : [],
    },
    sender: { name: sender.name, addressLines: addressLines(sender.returnAddress) },
    title: row.title,
    reference: String(row.number),
    // The day it was received, so that a retry makes the same letter.
    date: row.createdAt,
    documents: documents.map(({ fileName, pages }) => ({ fileName, pages: pages ?? 0 })),
    language: row.recipientLanguage ?? 'nb',
  }
}

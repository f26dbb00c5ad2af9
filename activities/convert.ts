import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { and, eq } from 'drizzle-orm'
import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import { document } from '../db/schema.ts'
import { documentsOf } from '../db/shipment-request.ts'
import type { Document } from '../db/shipment-request.ts'
import { UnacceptableDocument } from '../domain/errors.ts'
import type { RejectionReason } from '../domain/events.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'
import { withHeartbeat } from './heartbeat.ts'
import { toPdf } from './pdf/convert.ts'
import { inspectPdf } from './pdf/inspect.ts'
import { readBlob } from './read-blob.ts'
import { rejected } from './rejected.ts'

type Converted = { number: number; pdfBlobKey: string; pages: number }

/**
 * Makes every document that is printed a PDF, or finds every reason why not. Idempotent: each attempt writes under keys of its own, and
 * the first commit names them.
 */
export const createConvert = (dependencies: Dependencies) => ({
  convert: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    const { db } = dependencies
    const printed = (await documentsOf(db, shipmentId)).filter((each) => !each.excludeFromPrint)
    const { converted, reasons } = await withHeartbeat(() => convertAll(dependencies, printed))
    await recordEvent<'notReceived'>(db, shipmentId, async (row, tx) => {
      if (row.status !== 'received' || row.convertedAt) return { late: 'notReceived' }
      if (reasons.length > 0) return rejected(reasons)
      for (const { number, ...made } of converted)
        await tx
          .update(document)
          .set(made)
          .where(and(eq(document.shipmentId, shipmentId), eq(document.number, number)))
      const originals = new Set(printed.map((each) => each.blobKey))
      const number = converted.filter((each) => !originals.has(each.pdfBlobKey)).length
      return {
        key: 'documentsConverted',
        actor: 'postgang',
        event: { type: 'documentsConverted', data: { converted: number } },
        facts: { convertedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

async function convertAll(
  dependencies: Dependencies,
  documents: Document[],
): Promise<{ converted: Converted[]; reasons: RejectionReason[] }> {
  const converted: Converted[] = []
  const reasons: RejectionReason[] = []
  for (const each of documents) {
    try {
      converted.push(await convertOne(dependencies, each))
    } catch (error) {
      if (!(error instanceof UnacceptableDocument)) throw error
      reasons.push({ document: each.number, code: error.code })
    }
  }
  return { converted, reasons }
}

async function convertOne({ blobs }: Dependencies, original: Document): Promise<Converted> {
  const bytes = await readBlob(blobs, original.blobKey)
  const pdf = await toPdf(bytes, original.mimeType)
  const { pages } = await inspectPdf(pdf)
  const { number } = original
  if (pdf === bytes) return { number, pdfBlobKey: original.blobKey, pages }
  const pdfBlobKey = `converted/${original.shipmentId}/${number}-${randomUUID()}.pdf`
  await blobs.put(pdfBlobKey, Readable.from([pdf]))
  return { number, pdfBlobKey, pages }
}

import { createHash } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/activity'
import type { BlobStore } from '../adapters/blobs/contract.ts'
import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import { documentsOf } from '../db/shipment-request.ts'
import type { Document } from '../db/shipment-request.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'
import { withHeartbeat } from './heartbeat.ts'

/** Nothing is made from an original that is not, to the byte, what the sender handed in. Idempotent: it only reads. */
export const createStore = ({ db, blobs }: Dependencies) => ({
  store: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    const documents = await documentsOf(db, shipmentId)
    await withHeartbeat(async () => {
      for (const document of documents) await verifyOriginal(blobs, document)
    })
    await recordEvent<'notReceived'>(db, shipmentId, (row) => {
      if (row.status !== 'received') return { late: 'notReceived' }
      return {
        key: 'originalsStored',
        actor: 'postgang',
        event: { type: 'originalsStored', data: { documents: documents.length } },
        facts: { storedAt: new Date() },
      }
    })
    return readFacts(db, shipmentId, now)
  },
})

async function verifyOriginal(blobs: BlobStore, document: Document): Promise<void> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    for await (const chunk of await blobs.open(document.blobKey)) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'BlobMissing') throw damaged(document, 'is missing')
    throw error
  }
  if (sizeBytes !== document.sizeBytes || hash.digest('hex') !== document.sha256)
    throw damaged(document, 'does not have the hash it was received with')
}

function damaged(document: Document, what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Original ${document.number} of shipment ${document.shipmentId} ${what} (blob ${document.blobKey})`,
    'OriginalDamaged',
  )
}

import { Readable } from 'node:stream'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { BlobMissing } from '../adapters/blobs/contract.ts'
import type { BlobStore, ByteRange } from '../adapters/blobs/contract.ts'
import { findDocument } from '../db/shipments.ts'
import type { Api } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import { parseByteRange } from './byte-range.ts'
import { contentDisposition } from './content-disposition.ts'
import type { ApiDependencies } from './dependencies.ts'
import { ownShipment, shipmentPath } from './own-shipment.ts'
import { Problem } from './problem.ts'
import { problemResponses } from './problem-responses.ts'
import { within } from './within.ts'

type StoredFile = { blobKey: string; sizeBytes: number; sha256: string; mimeType: string; disposition: string }

const bytes = z.string().openapi({ format: 'binary' })
const rangeHeaders = z.object({
  range: z.string().optional().openapi({ description: 'One range of bytes, as in `bytes=0-1023`.' }),
  'if-range': z.string().optional().openapi({ description: 'The ETag of the part that is there already.' }),
})
const fileResponses = (mimeType: string) => ({
  200: { description: 'The file', content: { [mimeType]: { schema: bytes } } },
  206: { description: 'The range that was asked for', content: { [mimeType]: { schema: bytes } } },
})

const documentRoute = createRoute({
  method: 'get',
  path: '/v1/shipments/{id}/documents/{number}',
  tags: ['Files'],
  summary: 'A document as it was sent',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: {
    params: shipmentPath.extend({
      number: z.coerce
        .number()
        .int()
        .min(1)
        .max(10_000)
        .openapi({ param: { name: 'number', in: 'path' }, description: 'From 1, in the order sent.' }),
    }),
    headers: rangeHeaders,
  },
  responses: {
    ...fileResponses('*/*'),
    ...problemResponses('notFound', 'rangeNotSatisfiable', 'blobMissing', 'blobStoreUnreachable'),
  },
})

const letterRoute = createRoute({
  method: 'get',
  path: '/v1/shipments/{id}/letter',
  tags: ['Files'],
  summary: 'The letter: front page and documents in one PDF',
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  request: { params: shipmentPath, headers: rangeHeaders },
  responses: {
    ...fileResponses('application/pdf'),
    ...problemResponses('notFound', 'letterNotMade', 'rangeNotSatisfiable', 'blobMissing', 'blobStoreUnreachable'),
  },
})

export function registerFiles(app: Api, { db, blobs }: ApiDependencies): void {
  app.openapi(documentRoute, async (c) => {
    const { id, number } = c.req.valid('param')
    const row = await ownShipment(db, { id, accountId: c.get('caller').accountId })
    const found = await findDocument(db, row.id, number)
    if (!found) throw new Problem('notFound', { detail: `The shipment has no document ${number}.` })
    // Never shown in place: what a sender calls HTML must not run as ours.
    return answerFile(c, blobs, { ...found, disposition: contentDisposition('attachment', found.fileName) })
  })

  app.openapi(letterRoute, async (c) => {
    const row = await ownShipment(db, { id: c.req.valid('param').id, accountId: c.get('caller').accountId })
    if (!row.letterBlobKey || !row.letterSha256 || row.letterBytes === null)
      throw new Problem('letterNotMade', {
        detail: `The letter is made before a shipment is accepted; this one is ${row.status}.`,
      })
    return answerFile(c, blobs, {
      blobKey: row.letterBlobKey,
      sizeBytes: row.letterBytes,
      sha256: row.letterSha256,
      mimeType: 'application/pdf',
      disposition: contentDisposition('inline', `brev-${row.number}.pdf`),
    })
  })
}

/** The whole file or one range of it; for HEAD only what would stand above it. */
async function answerFile(c: Context, blobs: BlobStore, file: StoredFile): Promise<Response> {
  const etag = `"${file.sha256}"`
  const ifRange = c.req.header('If-Range')
  const asked = ifRange === undefined || ifRange === etag ? c.req.header('Range') : undefined
  const range = parseByteRange(asked, file.sizeBytes)
  if (range === 'unsatisfiable')
    throw new Problem('rangeNotSatisfiable', {
      detail: `The file has ${file.sizeBytes} bytes.`,
      headers: { 'Content-Range': `bytes */${file.sizeBytes}` },
    })
  const headers = {
    'Content-Type': file.mimeType,
    'Content-Length': String(range ? range.end - range.start + 1 : file.sizeBytes),
    'Content-Disposition': file.disposition,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-store',
    ETag: etag,
    ...(range ? { 'Content-Range': `bytes ${range.start}-${range.end}/${file.sizeBytes}` } : {}),
  }
  const body = c.req.method === 'HEAD' ? null : await openBlob(blobs, file.blobKey, range)
  return c.newResponse(body, range ? 206 : 200, headers)
}

const openTimeoutMs = 10_000

async function openBlob(blobs: BlobStore, key: string, range: ByteRange | undefined): Promise<ReadableStream> {
  try {
    // Node's stream types and the DOM's know nothing of each other; at run time they are one.
    return Readable.toWeb(await within(openTimeoutMs, blobs.open(key, range))) as ReadableStream
  } catch (error) {
    if (error instanceof BlobMissing) throw error
    throw new Problem('blobStoreUnreachable', { headers: { 'Retry-After': '5' }, cause: error })
  }
}

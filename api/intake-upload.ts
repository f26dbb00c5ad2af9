import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import type { BusboyFileStream, BusboyHeaders } from '@fastify/busboy'
import { within, TookTooLong } from './within.ts'
import { Problem } from './problem.ts'

export type UploadLimits = {
  /** All files of a shipment together. */
  maxShipmentBytes: number
  /** An upload that sends nothing for so long is ended. */
  idleMs: number
}

export type UploadedFile = { sizeBytes: number; sha256: string }

export type UploadSteps = {
  /** Judges the JSON of the part `shipment`, before any file is read. @returns how many files must follow. */
  takeShipment: (json: unknown) => number
  /** Stores the nth file, from 0. */
  takeFile: (index: number, content: Readable) => Promise<UploadedFile>
}

type Parser = InstanceType<typeof Busboy>

const maxShipmentPartBytes = 1024 * 1024
const abandonMs = 5_000

/**
 * Reads multipart/form-data as it comes in: the part `shipment`, then one file for each document. What stands behind a refusal is read to
 * its end and thrown away, so that the sender gets the answer.
 * @throws Problem for everything that is wrong with the upload
 */
export async function readUpload(request: Request, steps: UploadSteps, limits: UploadLimits): Promise<void> {
  const parser = multipartParser(request)
  const reader = (request.body ?? new ReadableStream<Uint8Array>({ start: (c) => c.close() })).getReader()
  const source = Readable.from(chunksOf(reader, limits.idleMs))
  const parts = takeParts(parser, steps, limits)
  try {
    await Promise.race([pipeline(source, parser), parts.failed])
    await parts.finish()
  } catch (error) {
    await parts.abandon()
    source.on('error', () => {}).destroy()
    void drain(reader)
    throw refusal(error)
  }
}

function multipartParser(request: Request): Parser {
  const type = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\b/i.test(type))
    throw new Problem('unsupportedMediaType', { detail: 'Send the shipment as multipart/form-data.' })
  try {
    const headers: BusboyHeaders = { 'content-type': type }
    // A part with a file name and one without are the same to us.
    return new Busboy({ headers, isPartAFile: () => true })
  } catch (cause) {
    throw new Problem('malformedMultipart', { detail: 'The header Content-Type names no boundary.', cause })
  }
}

/** Handles one part after the other; a part that waits for its turn is held back by its stream. */
function takeParts(parser: Parser, steps: UploadSteps, limits: UploadLimits) {
  const streams = new Set<BusboyFileStream>()
  let chain: Promise<void> = Promise.resolve()
  let expected: number | undefined
  let files = 0
  let totalBytes = 0
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})

  async function* counted(content: Readable): AsyncIterable<Buffer> {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      totalBytes += chunk.length
      if (totalBytes > limits.maxShipmentBytes)
        throw new Problem('shipmentTooLarge', {
          detail: `The files of a shipment may be ${limits.maxShipmentBytes} bytes together.`,
        })
      yield chunk
    }
  }
  const takePart = async (name: string | undefined, content: BusboyFileStream): Promise<void> => {
    if (expected === undefined) {
      if (name !== 'shipment')
        throw new Problem('fileBeforeShipment', { detail: 'The part named "shipment" must come before the files.' })
      expected = steps.takeShipment(await readJson(content))
      return
    }
    const index = files
    files += 1
    if (index >= expected)
      throw new Problem('tooManyFiles', { detail: `documents has ${expected} entries, and more files were sent.` })
    const { sizeBytes } = await steps.takeFile(index, Readable.from(counted(content), { objectMode: false }))
    if (sizeBytes === 0)
      throw new Problem('emptyFile', {
        detail: 'A file must not be empty.',
        errors: [
          { pointer: `/documents/${index}`, code: 'emptyFile', detail: `The file of documents[${index}] has no bytes` },
        ],
      })
  }

  parser.on('file', (name, content) => {
    streams.add(content)
    content.on('error', () => {})
    chain = chain.then(() => takePart(name, content))
    chain.catch(fail)
  })
  return {
    failed,
    /** Comes back when nothing is being stored any more, so that what was stored can be removed. */
    abandon: async (): Promise<void> => {
      parser.removeAllListeners('file')
      for (const stream of streams) stream.destroy()
      await within(abandonMs, chain).catch(() => {})
    },
    finish: async (): Promise<void> => {
      await chain
      if (expected === undefined)
        throw new Problem('shipmentPartMissing', {
          detail: 'Send a part named "shipment" with the JSON of the shipment.',
        })
      if (files < expected)
        throw new Problem('tooFewFiles', { detail: `documents has ${expected} entries, and ${files} files were sent.` })
    },
  }
}

async function readJson(content: Readable): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxShipmentPartBytes)
      throw new Problem('bodyTooLarge', { detail: `The part "shipment" may be ${maxShipmentPartBytes} bytes.` })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch (cause) {
    throw new Problem('malformedJson', { detail: 'The part "shipment" is not JSON in UTF-8.', cause })
  }
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>, idleMs: number): AsyncIterable<Uint8Array> {
  for (;;) {
    const { done, value } = await within(idleMs, reader.read()).catch((error: unknown) => {
      throw error instanceof TookTooLong
        ? new Problem('uploadStalled', { detail: `Nothing came for ${idleMs / 1000} seconds.` })
        : error
    })
    if (done) return
    yield value
  }
}

const drainMs = 30_000

/** A connection closed with bytes unread is reset, and the answer lost with it. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const until = Date.now() + drainMs
  try {
    while (Date.now() < until && !(await within(drainMs, reader.read())).done);
    await reader.cancel()
  } catch {
    // The sender has gone.
  }
}

/** The parser's own complaints are about the form; whatever else isn't ours to judge goes on as it is. */
function refusal(error: unknown): unknown {
  if (error instanceof Error && /multipart|boundary|part terminated|unexpected end/i.test(error.message))
    return new Problem('malformedMultipart', {
      detail: 'The multipart body ends before its last boundary.',
      cause: error,
    })
  return error
}

/** What makes two requests the same: the meaning of the JSON and the files' bytes, whatever the form around them. */
export function contentHashOf(shipment: unknown, files: UploadedFile[]): string {
  const hash = createHash('sha256').update(canonical(shipment))
  for (const { sha256 } of files) hash.update(`\0${sha256}`)
  return hash.digest('hex')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}

import { createHash, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bindKey, claimKey, freeKey, leaseMs, renewLease, replaceAnswer } from '../db/idempotency.ts'
import type { Bound, Lease } from '../db/idempotency.ts'
import { rowsOf } from '../db/intake.ts'
import type { Stored } from '../db/intake.ts'
import type { Caller } from '../db/keys.ts'
import { recordReceived } from '../db/record-event.ts'
import type { Shipment } from '../db/record-event.ts'
import { findShipment, shipmentParts } from '../db/shipments.ts'
import { maxShipmentBytes } from '../domain/rules.ts'
import type { ShipmentRequest } from '../domain/shipment.ts'
import type { Api, ApiEnv } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import type { ApiDependencies } from './dependencies.ts'
import { createIntakeBound } from './intake-bound.ts'
import { contentHashOf, readUpload } from './intake-upload.ts'
import type { UploadedFile, UploadLimits } from './intake-upload.ts'
import { Problem } from './problem.ts'
import { problemResponses } from './problem-responses.ts'
import { shipmentRequest, shipmentResource as resourceSchema } from './schemas.ts'
import type { ShipmentResource } from './schemas.ts'
import { checkShipmentRequest } from './shipment-request.ts'
import { readShipmentResource, shipmentResource } from './shipment-resource.ts'
import { within } from './within.ts'

const defaultLimits: UploadLimits = { maxShipmentBytes, idleMs: 60_000 }
const runningRetrySeconds = '2'
const waitMs = 30_000
const waitStepMs = 150
const startMs = 2_000

const send = createRoute({
  method: 'post',
  path: '/v1/shipments',
  tags: ['Shipments'],
  summary: 'Send a shipment',
  description:
    'The part `shipment` (JSON, at most 1 MB) first, then one file for each of `documents`, in their order and under any name; at most 350 MB together. ' +
    'Answered once everything is safely stored, whether Temporal is up or not.',
  middleware: [requireScope('send')] as const,
  security: bearer('send'),
  request: {
    headers: z.object({
      'idempotency-key': z.string().openapi({
        description:
          'Your own name for this request, 1 to 255 characters, kept for 30 days: sent again with the same content, it gets the same answer.',
      }),
    }),
    query: z.object({
      wait: z
        .enum(['accepted'])
        .optional()
        .openapi({ description: 'Answer when it is accepted or rejected, after 30 s at most.' }),
    }),
  },
  responses: {
    202: {
      description: 'Safely stored. `Idempotent-Replayed: true` where it was sent before.',
      headers: z.object({ Location: z.string(), 'Idempotent-Replayed': z.string().optional() }),
      content: { 'application/json': { schema: resourceSchema } },
    },
    ...problemResponses(
      'idempotencyKeyMissing',
      'malformedMultipart',
      'malformedJson',
      'uploadStalled',
      'idempotencyKeyInUse',
      'leaseLost',
      'idTaken',
      'bodyTooLarge',
      'shipmentTooLarge',
      'unsupportedMediaType',
      'invalidShipment',
      'shipmentPartMissing',
      'fileBeforeShipment',
      'tooManyFiles',
      'tooFewFiles',
      'emptyFile',
      'idempotencyKeyReused',
      'blobStoreUnreachable',
      'intakeFull',
    ),
  },
})

/** Described for the document, and read by hand: the files are streamed. */
const documented = {
  ...send,
  request: {
    ...send.request,
    body: {
      required: true,
      content: {
        'multipart/form-data': {
          schema: z.object({
            shipment: shipmentRequest,
            files: z.array(z.string().openapi({ format: 'binary' })),
          }),
        },
      },
    },
  },
}

export function registerIntake(app: Api, deps: ApiDependencies): void {
  const limits = deps.uploadLimits ?? defaultLimits
  const bound = createIntakeBound(deps.db, deps.maxUnfinished)
  app.openAPIRegistry.registerPath(documented)
  app.post('/v1/shipments', requireScope('send'), async (c) => {
    const caller = c.get('caller')
    const waits = waitWanted(c)
    const lease = { accountId: caller.accountId, key: idempotencyKeyOf(c), token: randomUUID() }
    const claim = await claimKey(deps.db, lease)
    if (claim.state === 'running')
      throw new Problem('idempotencyKeyInUse', {
        detail: 'A request with this Idempotency-Key is still running; ask again.',
        headers: { 'Retry-After': runningRetrySeconds },
      })
    if (claim.state === 'bound')
      return answer(c, await replay(deps, { request: c.req.raw, bound: claim, limits }), true)
    const { row, resource: stored } = await underLease(deps, lease, async () => {
      await bound.enter()
      return letIn(deps, { request: c.req.raw, lease, caller, limits })
    })
    await startWorkflow(deps, row)
    if (!waits) return answer(c, stored, false)
    const resource = await untilAccepted(deps, row)
    await replaceAnswer(deps.db, lease, deps.seal.seal(JSON.stringify(resource)))
    return answer(c, resource, false)
  })
}

function answer(c: Context<ApiEnv>, resource: ShipmentResource, replayed: boolean) {
  return c.json(resource, 202, {
    Location: `/v1/shipments/${resource.id}`,
    ...(replayed ? { 'Idempotent-Replayed': 'true' } : {}),
  })
}

function idempotencyKeyOf(c: Context<ApiEnv>): string {
  const key = c.req.header('Idempotency-Key') ?? ''
  if (!/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key))
    throw new Problem('idempotencyKeyMissing', {
      detail: 'Send the header Idempotency-Key with 1 to 255 printable ASCII characters, for example a UUID.',
      errors: [
        { parameter: 'Idempotency-Key', code: 'idempotencyKeyMissing', detail: '1 to 255 printable characters' },
      ],
    })
  return key
}

function waitWanted(c: Context<ApiEnv>): boolean {
  const wait = c.req.query('wait')
  if (wait === undefined) return false
  if (wait !== 'accepted')
    throw new Problem('invalidRequest', {
      errors: [{ parameter: 'wait', code: 'invalidValue', detail: 'wait can only be "accepted"' }],
    })
  return true
}

/** The key is held while the request runs, and free again when it is refused. */
async function underLease<Result>(deps: ApiDependencies, lease: Lease, work: () => Promise<Result>): Promise<Result> {
  const renewing = setInterval(() => void renewLease(deps.db, lease).catch(() => {}), leaseMs / 3)
  try {
    return await work()
  } catch (error) {
    // If the database is away, the lease runs out by itself.
    await freeKey(deps.db, lease).catch(() => {})
    throw error
  } finally {
    clearInterval(renewing)
  }
}

type LetIn = { row: Shipment; resource: ShipmentResource }
type Intake = { request: Request; lease: Lease; caller: Caller; limits: UploadLimits }

/** Files first, then everything in one transaction; whatever goes wrong before its commit leaves nothing. */
async function letIn(deps: ApiDependencies, { request, lease, caller, limits }: Intake): Promise<LetIn> {
  const uploadId = randomUUID()
  const keys: string[] = []
  const files: Stored[] = []
  let asked: { json: unknown; request: ShipmentRequest } | undefined
  const takeShipment = (json: unknown): number => {
    const checked = checkShipmentRequest(json, deps.rules)
    if (checked.errors) throw new Problem('invalidShipment', { errors: checked.errors })
    asked = { json, request: checked.request }
    return checked.request.documents.length
  }
  const takeFile = async (index: number, content: Readable): Promise<UploadedFile> => {
    const blobKey = `incoming/${uploadId}/${index + 1}`
    keys.push(blobKey)
    const stored = await store(deps, blobKey, content)
    files.push({ blobKey, ...stored })
    return stored
  }
  let committing = false
  try {
    await readUpload(request, { takeShipment, takeFile }, limits)
    if (!asked) throw new Problem('shipmentPartMissing')
    committing = true
    return await commit(deps, { ...asked, files, lease, caller })
  } catch (error) {
    // When the answer to a commit is lost, the letter may stand. What can't be removed now is swept.
    const isKept = committing && !(error instanceof Problem)
    if (!isKept) await Promise.all(keys.map((key) => deps.blobs.remove(key).catch(() => {})))
    throw error
  }
}

/** A broken upload is the sender's fault, and told as what it is; everything else is the store's. */
async function store(deps: ApiDependencies, blobKey: string, content: Readable): Promise<UploadedFile> {
  let broken: unknown
  content.once('error', (error) => {
    broken = error
  })
  try {
    return await deps.blobs.put(blobKey, content)
  } catch (cause) {
    if (broken !== undefined) throw broken
    throw new Problem('blobStoreUnreachable', {
      detail: 'The files could not be stored. Nothing was kept: try again.',
      headers: { 'Retry-After': '5' },
      cause,
    })
  }
}

type Commit = { json: unknown; request: ShipmentRequest; files: Stored[]; lease: Lease; caller: Caller }

/** Letter, first event and answer under the key, or nothing of it. */
async function commit(deps: ApiDependencies, { json, request, files, lease, caller }: Commit): Promise<LetIn> {
  const { accountId, senderSystem } = caller
  const rows = rowsOf(request, { id: request.id ?? randomUUID(), accountId, senderSystem, files, seal: deps.seal })
  try {
    return await deps.db.transaction(async (tx) => {
      const row = await recordReceived(tx, { ...rows, actor: senderSystem })
      const parts = await shipmentParts(tx, [row])
      const resource = shipmentResource(row, { ...parts(row.id), seal: deps.seal, now: new Date() })
      const answerSealed = deps.seal.seal(JSON.stringify(resource))
      const contentHash = contentHashOf(json, files)
      if (!(await bindKey(tx, lease, { shipmentId: row.id, contentHash, answerSealed })))
        throw new Problem('leaseLost', {
          detail:
            'This request was silent for too long, and another with its Idempotency-Key took over. Nothing of it was kept.',
        })
      return { row, resource }
    })
  } catch (error) {
    if (!isIdTaken(error)) throw error
    throw new Problem('idTaken', { detail: 'Another shipment has this id: choose another, or none.', cause: error })
  }
}

/** SQLSTATE 23505, unique_violation. */
function isIdTaken(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return (
    cause instanceof Error &&
    'code' in cause &&
    cause.code === '23505' &&
    'constraint_name' in cause &&
    cause.constraint_name === 'shipment_pkey'
  )
}

/** The whole content is read and compared before the old answer is given again. */
async function replay(
  deps: ApiDependencies,
  { request, bound, limits }: { request: Request; bound: Bound; limits: UploadLimits },
): Promise<ShipmentResource> {
  let json: unknown
  const files: UploadedFile[] = []
  const takeShipment = (sent: unknown): number => {
    json = sent
    return documentsIn(sent)
  }
  const takeFile = async (_index: number, content: Readable): Promise<UploadedFile> => {
    const file = await hashOf(content)
    files.push(file)
    return file
  }
  await readUpload(request, { takeShipment, takeFile }, limits)
  if (contentHashOf(json, files) !== bound.contentHash)
    throw new Problem('idempotencyKeyReused', {
      detail:
        'This Idempotency-Key was used for another shipment or other files. Use a key of its own for each shipment.',
    })
  return JSON.parse(deps.seal.open(bound.answerSealed)) as ShipmentResource
}

function documentsIn(json: unknown): number {
  const documents: unknown =
    typeof json === 'object' && json !== null && 'documents' in json ? json.documents : undefined
  return Array.isArray(documents) ? documents.length : 0
}

async function hashOf(content: Readable): Promise<UploadedFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { sizeBytes, sha256: hash.digest('hex') }
}

/** The letter is safe already: when Temporal is down, the reconciling starts its workflow later. */
async function startWorkflow(deps: ApiDependencies, row: Shipment): Promise<void> {
  try {
    await within(startMs, deps.temporal.startShipment({ shipmentId: row.id, accountId: row.accountId }))
  } catch (error) {
    deps.log.warn({ event: 'workflow-not-started', shipmentId: row.id, detail: String(error) })
  }
}

async function untilAccepted(deps: ApiDependencies, { id, accountId }: Shipment): Promise<ShipmentResource> {
  const until = Date.now() + waitMs
  for (;;) {
    const row = await findShipment(deps.db, { id, accountId })
    if (!row) throw new Error(`Shipment ${id} is gone`)
    if (row.status !== 'received' || Date.now() >= until || deps.stopping.aborted)
      return readShipmentResource(deps, row)
    await pause(waitStepMs)
  }
}

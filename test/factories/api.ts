import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFolderBlobStore } from '../../adapters/blobs/folder.ts'
import type { ShipmentRef, Temporal } from '../../adapters/temporal/client.ts'
import { TemporalUnreachable } from '../../adapters/temporal/session.ts'
import type { ApiDependencies } from '../../api/dependencies.ts'
import { createLogger } from '../../api/logger.ts'
import { createSeal } from '../../db/seal.ts'
import { createTestDatabase } from '../servers.ts'

/** Temporal as the API sees it: keeps what it was told, and can be taken away. */
export type RecordingTemporal = Temporal & {
  started: ShipmentRef[]
  woken: ShipmentRef[]
  /** `hangs` never answers; the real client gives up after 2 s. */
  is: 'up' | 'down' | 'hangs'
}

export function createRecordingTemporal(): RecordingTemporal {
  const answer = async (): Promise<void> => {
    if (temporal.is === 'down') throw new TemporalUnreachable('No answer from Temporal')
    if (temporal.is === 'hangs') await new Promise(() => {})
  }
  const temporal: RecordingTemporal = {
    is: 'up',
    started: [],
    woken: [],
    startShipment: async (ref) => {
      await answer()
      temporal.started.push(ref)
    },
    wakeShipment: async (ref) => {
      await answer()
      temporal.woken.push(ref)
    },
    describeShipment: async () => {
      if (temporal.is === 'down') return { reason: 'unreachable' }
      await answer()
      const startedAt = '2026-11-24T08:00:00.000Z'
      return {
        runState: 'running',
        startedAt,
        closedAt: null,
        stepsDone: [{ step: 'validate', at: startedAt }],
        pending: [{ step: 'notify', attempt: 3, lastFailure: 'connection refused' }],
        uiUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/shipment-x/run/history',
      }
    },
    listRunningShipments: async function* () {},
    prepareNamespace: answer,
    reconcileNow: answer,
    check: answer,
    close: async () => {},
  }
  return temporal
}

export type TestDependencies = Omit<ApiDependencies, 'temporal'> & {
  temporal: RecordingTemporal
  databaseUrl: string
  blobDir: string
  /** Everything logged so far, parsed. */
  logged: Record<string, unknown>[]
  stop: () => void
  remove: () => Promise<void>
}

/** What the API is handed: a real database and blob store of one's own, and a Temporal that only remembers. */
export async function createTestDependencies(changed: Partial<ApiDependencies> = {}): Promise<TestDependencies> {
  const database = await createTestDatabase()
  const blobDir = mkdtempSync(join(tmpdir(), 'postgang-blobs-'))
  const stopping = new AbortController()
  const key = { id: 'test', key: randomBytes(32) }
  const logged: Record<string, unknown>[] = []
  const write = (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>)
  return {
    db: database.db,
    databaseUrl: database.url,
    blobDir,
    seal: createSeal({
      keys: { current: key, find: (id) => (id === key.id ? key.key : undefined) },
      hashKey: randomBytes(32),
    }),
    blobs: createFolderBlobStore({ dir: blobDir }),
    rules: { allowShort: true, allowSynthetic: true },
    maxUnfinished: 10_000,
    log: createLogger({ level: 'debug', process: 'test' }, { write }),
    logged,
    stopping: stopping.signal,
    ...changed,
    temporal: createRecordingTemporal(),
    stop: () => stopping.abort(),
    remove: async () => {
      stopping.abort()
      await database.drop()
      rmSync(blobDir, { recursive: true, force: true })
    },
  }
}

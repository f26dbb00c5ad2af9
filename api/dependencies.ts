import type { Logger } from 'pino'
import type { BlobStore } from '../adapters/blobs/contract.ts'
import type { Temporal } from '../adapters/temporal/client.ts'
import type { RulesConfig } from '../config.ts'
import type { Db } from '../db/database.ts'
import type { Seal } from '../db/seal.ts'
import type { UploadLimits } from './intake-upload.ts'

/** What the API is handed; built by server.ts, or by a test. */
export type ApiDependencies = {
  db: Db
  seal: Seal
  blobs: BlobStore
  temporal: Temporal
  rules: RulesConfig
  /** Letters that may wait for their first steps before intake refuses more. */
  maxUnfinished: number
  log: Logger
  /** What an upload may cost; the rules' own limits unless told. */
  uploadLimits?: UploadLimits
  /** Aborted when the process is told to stop: whoever streams or waits for events ends then. */
  stopping: AbortSignal
}

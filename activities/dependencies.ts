import type { BlobStore } from '../adapters/blobs/contract.ts'
import type { NoticeChannel, ReadingChannel } from '../adapters/channels/contract.ts'
import type { Printer } from '../adapters/printers/contract.ts'
import type { Temporal } from '../adapters/temporal/client.ts'
import type { Db } from '../db/database.ts'
import type { Seal } from '../db/seal.ts'

/** What the steps are handed; built by worker.ts, or by a test. */
export type Dependencies = {
  db: Db
  seal: Seal
  blobs: BlobStore
  mailbox: ReadingChannel
  notices: NoticeChannel
  printer: Printer
  temporal: Temporal
}

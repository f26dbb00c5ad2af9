import type { Readable } from 'node:stream'

export type StoredBlob = { sizeBytes: number; sha256: string }

/** Inclusive byte positions, as in an HTTP range. */
export type ByteRange = { start: number; end: number }

/**
 * Where documents lie. Every method throws when the store can't be reached or is full: that is an outage, try again.
 * A key is `[a-z0-9-]` words, dots and slashes; it never comes from outside.
 */
export type BlobStore = {
  /** Resolves when bytes and name are safe on disk. A broken source leaves nothing under the key. */
  put: (key: string, source: Readable) => Promise<StoredBlob>
  /** @throws BlobMissing */
  open: (key: string, range?: ByteRange) => Promise<Readable>
  /** @throws BlobMissing */
  sizeOf: (key: string) => Promise<number>
  /** Removing what isn't there is fine. */
  remove: (key: string) => Promise<void>
  list: (prefix: string) => AsyncIterable<{ key: string; modifiedAt: Date }>
  /** Throws when the store can't take a file now. */
  check: () => Promise<void>
}

export class BlobMissing extends Error {
  override name = 'BlobMissing'
  readonly key: string

  constructor(key: string) {
    super(`No blob is stored under ${key}: restore it from backup`)
    this.key = key
  }
}

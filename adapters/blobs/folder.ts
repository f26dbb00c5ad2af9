import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { BlobMissing } from './contract.ts'
import type { BlobStore } from './contract.ts'

export type FolderBlobStoreOptions = { dir: string }

const keyPattern = /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9][a-z0-9.-]*)*$/
const temporaryFolder = '.writing'
const halfWrittenForMs = 24 * 60 * 60 * 1000

/** Blobs as files below one folder, each written under a temporary name, synced and renamed. */
export function createFolderBlobStore({ dir }: FolderBlobStoreOptions): BlobStore {
  const pathOf = (key: string): string => {
    if (!keyPattern.test(key)) throw new Error(`Not a blob key: ${key}`)
    return join(dir, ...key.split('/'))
  }
  const put: BlobStore['put'] = async (key, source) => {
    const path = pathOf(key)
    const temporary = join(dir, temporaryFolder, randomUUID())
    await makeFolder(dirname(temporary))
    try {
      const stored = await write(temporary, source)
      await makeFolder(dirname(path))
      await rename(temporary, path)
      await syncFolder(dirname(path))
      return stored
    } catch (error) {
      source.destroy()
      await rm(temporary, { force: true })
      throw error
    }
  }
  return {
    put,
    open: async (key, range) => {
      const handle = await open(pathOf(key)).catch((error: unknown) => missing(key, error))
      return createReadStream('', { fd: handle, ...range })
    },
    sizeOf: async (key) => (await stat(pathOf(key)).catch((error: unknown) => missing(key, error))).size,
    remove: (key) => rm(pathOf(key), { force: true }),
    list: (prefix) => list(dir, prefix),
    check: async () => {
      const path = join(dir, temporaryFolder, randomUUID())
      await makeFolder(dirname(path))
      await write(path, Readable.from([Buffer.from('check')]))
      await rm(path)
    },
  }
}

async function write(path: string, source: Readable): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk)
      sizeBytes += chunk.length
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sizeBytes, sha256: hash.digest('hex') }
}

/** New folders are synced with their parents, or a crash could lose the name of a file that is safe itself. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A writer that was killed leaves its half-written file behind; whoever lists everything removes it after a day. */
async function* list(dir: string, prefix: string): AsyncIterable<{ key: string; modifiedAt: Date }> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const key = relative(dir, path).split(sep).join('/')
    const isTemporary = key.startsWith(`${temporaryFolder}/`)
    if (!key.startsWith(prefix) && !isTemporary) continue
    const found = await stat(path).catch(() => undefined)
    if (!found) continue
    if (!isTemporary) yield { key, modifiedAt: found.mtime }
    else if (found.mtimeMs < Date.now() - halfWrittenForMs) await rm(path, { force: true })
  }
}

function missing(key: string, error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new BlobMissing(key)
  throw error
}

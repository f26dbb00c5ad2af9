import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BlobStore } from '../../../adapters/blobs/contract.ts'
import { BlobMissing } from '../../../adapters/blobs/contract.ts'
import { createFolderBlobStore } from '../../../adapters/blobs/folder.ts'

let dir: string
let blobs: BlobStore
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'postgang-blobs-'))
  blobs = createFolderBlobStore({ dir })
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const text = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const keys = async (): Promise<string[]> => {
  const found: string[] = []
  for await (const { key } of blobs.list('')) found.push(key)
  return found.toSorted()
}

it('keeps what it gets, with its size and hash', async () => {
  const content = Buffer.from('a letter')
  const stored = await blobs.put('incoming/1/1', Readable.from([content.subarray(0, 3), content.subarray(3)]))
  expect(stored).toEqual({ sizeBytes: 8, sha256: createHash('sha256').update(content).digest('hex') })
  expect(await text(await blobs.open('incoming/1/1'))).toBe('a letter')
  expect(await text(await blobs.open('incoming/1/1', { start: 2, end: 4 }))).toBe('let')
  expect(await blobs.sizeOf('incoming/1/1')).toBe(8)
})

it('keeps nothing of a source that breaks', async () => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('half')
      throw new Error('the sender has gone')
    })(),
  )
  await expect(blobs.put('incoming/1/1', broken)).rejects.toThrow('gone')
  expect(await keys()).toEqual([])
  const left = await readdir(dir, { recursive: true, withFileTypes: true })
  expect(left.filter((entry) => entry.isFile())).toEqual([])
})

it('says which blob is missing', async () => {
  await expect(blobs.open('incoming/1/1')).rejects.toBeInstanceOf(BlobMissing)
  await expect(blobs.sizeOf('incoming/1/1')).rejects.toThrow('incoming/1/1')
  await blobs.remove('incoming/1/1')
})

it('takes no key that leads out of its folder', async () => {
  for (const key of ['../secret', '/etc/passwd', 'a/../../b', 'a//b', '.writing/x', 'a\0b', ''])
    await expect(blobs.put(key, Readable.from([Buffer.from('x')]))).rejects.toThrow('Not a blob key')
})

it('lists by prefix, and nothing that is still being written', async () => {
  for (const key of ['incoming/1/1', 'incoming/1/2', 'letters/1/a.pdf'])
    await blobs.put(key, Readable.from([Buffer.from('x')]))
  await writeFile(join(dir, '.writing', 'half'), 'x')
  expect(await keys()).toEqual(['incoming/1/1', 'incoming/1/2', 'letters/1/a.pdf'])
  const listed: string[] = []
  for await (const { key } of blobs.list('letters/')) listed.push(key)
  expect(listed).toEqual(['letters/1/a.pdf'])
})

it('forgets the half-written files of a writer that was killed more than a day ago, and no newer ones', async () => {
  await blobs.put('incoming/1/1', Readable.from([Buffer.from('x')]))
  for (const name of ['old', 'new']) await writeFile(join(dir, '.writing', name), 'x')
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000)
  await utimes(join(dir, '.writing', 'old'), old, old)
  await keys()
  await expect(stat(join(dir, '.writing', 'old'))).rejects.toThrow('ENOENT')
  expect((await stat(join(dir, '.writing', 'new'))).size).toBe(1)
})

it('says when it can not take a file', async () => {
  await blobs.check()
  const nowhere = createFolderBlobStore({ dir: join(dir, 'a-file') })
  await writeFile(join(dir, 'a-file'), 'x')
  await expect(nowhere.check()).rejects.toThrow('ENOTDIR')
})

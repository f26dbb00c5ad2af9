import type { BlobStore } from '../adapters/blobs/contract.ts'

/** The whole blob in memory; at most what intake lets in, 350 MB. */
export async function readBlob(blobs: BlobStore, key: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await blobs.open(key)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

import { Context } from '@temporalio/activity'
import { forgetOldIdempotencyKeys, namedBlobs } from '../db/reconcile.ts'
import type { Dependencies } from './dependencies.ts'

const unnamedForMs = 24 * 60 * 60 * 1000
const batchSize = 200

/** Removes what no row names a day after it was written: broken uploads, and the letters of attempts that came second. */
export const createSweep = ({ db, blobs }: Dependencies) => ({
  sweep: async (): Promise<{ removed: number }> => {
    await forgetOldIdempotencyKeys(db)
    const oldest = Date.now() - unnamedForMs
    let removed = 0
    let old: string[] = []
    const removeUnnamed = async (): Promise<void> => {
      const named = await namedBlobs(db, old)
      for (const key of old.filter((each) => !named.has(each))) {
        await blobs.remove(key)
        removed += 1
      }
      old = []
      Context.current().heartbeat()
    }
    for await (const { key, modifiedAt } of blobs.list('')) {
      if (modifiedAt.getTime() < oldest) old.push(key)
      if (old.length >= batchSize) await removeUnnamed()
    }
    await removeUnnamed()
    return { removed }
  },
})

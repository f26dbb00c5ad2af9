import type { Db } from '../db/database.ts'
import { countUnfinished } from '../db/unfinished.ts'
import { Problem } from './problem.ts'

/** Counted again after this long; between two counts, what this process lets in is added. */
const countedForMs = 1_000
/** A guess: long enough for workers to catch up with some hundreds of letters. */
const retryAfterSeconds = '30'

/**
 * Refuses letters while the workers are too far behind: a letter that waits hours for its first step serves nobody, and the disk is finite.
 * With several API processes the bound may be passed by what they let in within a second.
 * @throws Problem intakeFull, 503 with Retry-After
 */
export function createIntakeBound(db: Db, maxUnfinished: number): { enter: () => Promise<void> } {
  let counted = { at: -Infinity, room: Promise.resolve(0) }
  let entered = 0
  return {
    enter: async () => {
      if (performance.now() - counted.at > countedForMs) {
        counted = {
          at: performance.now(),
          room: countUnfinished(db, maxUnfinished).then((count) => maxUnfinished - count),
        }
        entered = 0
      }
      entered += 1
      const mine = entered
      if (mine <= (await counted.room)) return
      throw new Problem('intakeFull', {
        detail: `${maxUnfinished} letters wait for their first steps. Nothing of this one was kept: send it again later.`,
        headers: { 'Retry-After': retryAfterSeconds },
      })
    },
  }
}

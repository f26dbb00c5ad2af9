import { gt, lt, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { worker } from './schema.ts'
import type { WorkerAbilities } from './schema.ts'

export type LivingWorker = { id: string; startedAt: Date; seenAt: Date; abilities: WorkerAbilities }

/** A worker that hasn't reported for this long counts as gone. */
const silentForSeconds = 30

export async function reportWorker(
  db: Db,
  report: { id: string; startedAt: Date; abilities: WorkerAbilities },
): Promise<void> {
  const seenAt = sql`clock_timestamp()`
  await db
    .insert(worker)
    .values({ ...report, seenAt })
    .onConflictDoUpdate({ target: worker.id, set: { seenAt, abilities: report.abilities } })
  await db.delete(worker).where(lt(worker.seenAt, sql`clock_timestamp() - interval '1 day'`))
}

export function livingWorkers(db: Db): Promise<LivingWorker[]> {
  return db
    .select()
    .from(worker)
    .where(gt(worker.seenAt, sql`clock_timestamp() - make_interval(secs => ${silentForSeconds})`))
}

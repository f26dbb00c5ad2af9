import { sql } from 'drizzle-orm'
import type { Db } from './database.ts'

/** Letters that are neither readable nor ended: what the workers still owe their first steps. Counts no further than `atMost`. */
export async function countUnfinished(db: Db, atMost: number): Promise<number> {
  const [row] = await db.execute<{ unfinished: number }>(sql`
    select count(*)::int as unfinished from (
      select from shipment where status in ('received', 'accepted') and readable_at is null limit ${atMost}
    ) as counted`)
  return row?.unfinished ?? 0
}

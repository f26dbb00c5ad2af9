import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { TransactionSql } from 'postgres'
import { readDatabaseConfig } from '../config.ts'

type Migration = { name: string; sql: string; sha256: string }
type Applied = { name: string; sha256: string }

export class MigrationRefused extends Error {
  override name = 'MigrationRefused'
}

/** Arbitrary, and the same in every version: two processes that migrate at once wait for each other. */
const migrationLock = 727_274

/**
 * Brings the database to this version's schema, or leaves it as it was: everything happens in one transaction, so no file may hold
 * what a transaction can't (`create index concurrently`).
 * @returns the names of the files applied now.
 * @throws MigrationRefused when an applied file was edited, is gone, or a new one stands before it.
 */
export async function migrate(url: string, folder = migrationsFolder()): Promise<string[]> {
  const files = readMigrations(folder)
  const client = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} })
  try {
    return await client.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(${migrationLock})`
      const pending = pendingOf(files, await appliedIn(sql))
      for (const file of pending) {
        await sql.unsafe(file.sql)
        await sql`insert into drizzle.migration (name, sha256) values (${file.name}, ${file.sha256})`
      }
      return pending.map((file) => file.name)
    })
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** The same place beside the source and beside the bundle. */
function migrationsFolder(): string {
  return fileURLToPath(new URL('./migrations', import.meta.url))
}

/** The files that drizzle-kit made, in the order of its journal. */
function readMigrations(folder: string): Migration[] {
  const journal = JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')) as { entries: { tag: string }[] }
  return journal.entries.map(({ tag: name }) => {
    // A checkout may write other line ends.
    const sql = readFileSync(`${folder}/${name}.sql`, 'utf8').replaceAll('\r\n', '\n')
    return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
  })
}

async function appliedIn(sql: TransactionSql): Promise<Applied[]> {
  await sql`create schema if not exists drizzle`
  await sql`
    create table if not exists drizzle.migration (
      position integer generated always as identity primary key,
      name text not null unique,
      sha256 text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`
  return sql<Applied[]>`select name, sha256 from drizzle.migration order by position`
}

/** What was applied must be the beginning of what there is. */
function pendingOf(files: Migration[], applied: Applied[]): Migration[] {
  for (const [index, { name, sha256 }] of applied.entries()) {
    const file = files[index]
    if (!files.some((each) => each.name === name))
      throw new MigrationRefused(
        `The database has the migration ${name}, which this version does not know: run the version that made it, or a newer one`,
      )
    if (file?.name !== name)
      throw new MigrationRefused(
        `The migration ${file?.name ?? '(none)'} stands before ${name}, which is applied already: generate it anew, so that it comes last`,
      )
    if (file.sha256 !== sha256)
      throw new MigrationRefused(
        `The migration ${name} was edited after it was applied: restore the file, and put the change into a new migration`,
      )
  }
  return files.slice(applied.length)
}

/** Other programs are bundled with this file; only the program of this name migrates. */
if (/[\\/]migrate\.[jt]s$/.test(process.argv[1] ?? '')) {
  const applied = await migrate(readDatabaseConfig().database.url)
  process.stdout.write(applied.length === 0 ? 'The database is up to date\n' : `Applied ${applied.join(', ')}\n`)
}

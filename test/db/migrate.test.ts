import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from 'drizzle-orm'
import { MigrationRefused, migrate } from '../../db/migrate.ts'
import { createTestDatabase } from '../servers.ts'
import type { TestDatabase } from '../servers.ts'

const ours = new URL('../../db/migrations', import.meta.url)

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase({ empty: true })
  folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  cpSync(ours, folder, { recursive: true })
})

afterEach(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

test('the first start makes the tables and the unread period of the installation', async () => {
  expect(await migrate(database.url)).toEqual(journal().map((entry) => entry.tag))
  expect(await database.db.execute(sql`select id, unread_period from installation`)).toEqual([
    { id: 1, unread_period: { amount: 40, unit: 'workingHours' } },
  ])
})

test('a second start changes nothing', async () => {
  await migrate(database.url)
  expect(await migrate(database.url)).toEqual([])
})

test('of five starts at once one migrates, and all succeed', async () => {
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)))
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
})

test('a new file is applied after the others', async () => {
  await migrate(database.url, folder)
  addMigration({ tag: '9999_new', sql: 'create table extra (id integer)', at: journal().length })
  expect(await migrate(database.url, folder)).toEqual(['9999_new'])
  expect(await database.db.execute(sql`select * from extra`)).toEqual([])
})

test('an edited file is refused, by name', async () => {
  await migrate(database.url, folder)
  const [first] = journal()
  appendFileSync(join(folder, `${first?.tag}.sql`), '\n-- edited')
  await expect(migrate(database.url, folder)).rejects.toThrow(`The migration ${first?.tag} was edited`)
})

test('other line ends are no edit', async () => {
  await migrate(database.url, folder)
  for (const { tag } of journal()) {
    const file = join(folder, `${tag}.sql`)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'))
  }
  expect(await migrate(database.url, folder)).toEqual([])
})

test('a new file before an applied one is refused', async () => {
  await migrate(database.url, folder)
  addMigration({ tag: '0000_late', sql: 'select 1', at: 0 })
  await expect(migrate(database.url, folder)).rejects.toThrow('0000_late stands before')
})

test('a database of a newer version is refused', async () => {
  addMigration({ tag: '9999_newer', sql: 'select 1', at: journal().length })
  await migrate(database.url, folder)
  await expect(migrate(database.url)).rejects.toBeInstanceOf(MigrationRefused)
})

test('a file that fails leaves the database as it was', async () => {
  addMigration({ tag: '9999_broken', sql: 'create table half (id integer); select nonsense', at: journal().length })
  await expect(migrate(database.url, folder)).rejects.toThrow('nonsense')
  expect(await database.db.execute(sql`select to_regclass('account') as account, to_regclass('half') as half`)).toEqual(
    [{ account: null, half: null }],
  )
})

function journal(): { tag: string }[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { tag: string }[]
  }
  return entries
}

function addMigration(migration: { tag: string; sql: string; at: number }): void {
  const entries = journal().toSpliced(migration.at, 0, { tag: migration.tag })
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }))
  writeFileSync(join(folder, `${migration.tag}.sql`), migration.sql)
}

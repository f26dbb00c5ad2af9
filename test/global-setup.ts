import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrate } from '../db/migrate.ts'
import { startPostgres } from '../embedded/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this run; each test file makes a database of its own on it. */
    postgresUrl: string
    /** A database with all migrations, to copy. */
    templateDatabase: string
  }
}

const templateDatabase = 'migrated'

/** Builds the programs that whole-product tests run, and starts one real PostgreSQL for the whole run, gone after it. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await promisify(execFile)(process.execPath, ['tools/build.mjs'])
  const dataDir = mkdtempSync(join(tmpdir(), 'postgang-test-'))
  // Root's database runs as another user, who must get through this folder.
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir, log: () => {} })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await admin`create database ${admin(templateDatabase)}`
  await admin.end()
  const template = new URL(server.url)
  template.pathname = `/${templateDatabase}`
  await migrate(template.href)
  provide('postgresUrl', server.url)
  provide('templateDatabase', templateDatabase)
  return async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { describeEnding, runToEnd, startChild } from './child.ts'
import type { Child, Ending } from './child.ts'
import { freePort } from './ports.ts'
import { canEnter, newReachableFolder, postgresBinaries } from './postgres-binaries.ts'
import type { Owner, PostgresBinaries } from './postgres-binaries.ts'
import { identify, isAlive, noteProcess, notedProcess, waitForEarlierServer } from './process-identity.ts'

export type PostgresOptions = {
  dataDir: string
  port?: number
  log: (line: string) => void
  signal?: AbortSignal
}

export type Postgres = {
  /** With user and password; the database is `postgang`. */
  url: string
  port: number
  pid: () => number
  stop: (graceMs?: number) => Promise<void>
  exited: Promise<Ending>
}

/** Made at the first start and kept in `postgres.json` of the data folder, to which `folder` is relative unless it lies elsewhere. */
type Cluster = { folder: string; user: string; password: string }

const databaseName = 'postgang'
const startTimeoutMs = 60_000
const attempts = 20

type Setup = { binaries: PostgresBinaries; logFile: string }

/** Starts PostgreSQL on a data folder; makes the cluster and the database `postgang` at the first start. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDir } = options
  mkdirSync(dataDir, { recursive: true })
  const pidFile = join(dataDir, 'postgres.pid.json')
  await waitForEarlierServer(pidFile, 'PostgreSQL')
  const binaries = postgresBinaries()
  const cluster = await findCluster(options, binaries)
  const port = options.port ?? (await freePort())
  const url = `postgres://${cluster.user}:${cluster.password}@127.0.0.1:${port}/${databaseName}`
  const logFile = join(dataDir, 'logs', 'postgres.log')
  const timeout = AbortSignal.timeout(startTimeoutMs)
  const giveUp = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  for (let attempt = 1; ; attempt++) {
    giveUp.throwIfAborted()
    removeLockOfDeadServer(cluster.folder, pidFile)
    const server = startServer(cluster, port, { binaries, logFile })
    noteProcess(pidFile, server.pid())
    const failure = await becomeReady(server, new URL(url), giveUp).catch(async (error: unknown) => {
      await server.stop()
      throw error
    })
    if (failure === undefined) return { url, port, pid: server.pid, stop: server.stop, exited: server.exited }
    // The last processes of a killed server hold its memory for a moment; the next attempt succeeds.
    if (attempt === attempts)
      throw new Error(`PostgreSQL did not start on port ${port} (${failure}). Its log: ${logFile}`)
    await sleep(250)
  }
}

async function findCluster({ dataDir, log, signal }: PostgresOptions, binaries: PostgresBinaries): Promise<Cluster> {
  const noteFile = join(dataDir, 'postgres.json')
  const note = existsSync(noteFile) ? readCluster(noteFile) : newCluster(dataDir, binaries)
  const cluster = { ...note, folder: resolve(dataDir, note.folder) }
  if (basename(cluster.folder) !== `postgres-${binaries.major}`)
    throw new Error(
      `The database in ${cluster.folder} is of another major version than this PostgreSQL ${binaries.major}. ` +
        'Dump it with its own version and load it into a new data folder, or set DATABASE_URL to a server of its version.',
    )
  if (existsSync(join(cluster.folder, 'PG_VERSION'))) return cluster
  writeFileSync(`${noteFile}.new`, JSON.stringify(note, null, 2), { mode: 0o600, flush: true })
  renameSync(`${noteFile}.new`, noteFile)
  log(`Making a database in ${cluster.folder}`)
  await initialise(cluster, binaries, { logFile: join(dataDir, 'logs', 'postgres.log'), signal })
  return cluster
}

function readCluster(noteFile: string): Cluster {
  const { folder, user, password } = JSON.parse(readFileSync(noteFile, 'utf8')) as Partial<Cluster>
  if (folder && user && password) return { folder, user, password }
  throw new Error(`${noteFile} lacks folder, user or password. Bring it back from a copy, or use a new data folder.`)
}

function newCluster(dataDir: string, { major, owner }: PostgresBinaries): Cluster {
  const parent = canEnter(dataDir, owner) ? '.' : newReachableFolder('data-')
  return {
    folder: join(parent, `postgres-${major}`),
    user: 'postgang',
    password: randomBytes(24).toString('base64url'),
  }
}

// initdb works in a folder of another name, so that a start killed half-way leaves nothing that looks like a database.
async function initialise(
  cluster: Cluster,
  { folder: programs, owner }: PostgresBinaries,
  { logFile, signal }: { logFile: string; signal: AbortSignal | undefined },
): Promise<void> {
  const half = `${cluster.folder}.new`
  const passwordFile = `${cluster.folder}.password`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true, mode: 0o700 })
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 })
  if (owner) for (const path of [half, passwordFile]) chownSync(path, owner.uid, owner.gid)
  const args = [
    '-D',
    half,
    '-U',
    cluster.user,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale=C',
  ]
  const program = { command: join(programs, 'bin', 'initdb'), args, ...surroundings(owner), logFile }
  await runToEnd('Making the database', program, signal).finally(() => rmSync(passwordFile))
  renameSync(half, cluster.folder)
}

function startServer(cluster: Cluster, port: number, { binaries, logFile }: Setup): Child {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    fsync: 'on',
    lc_messages: 'C',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return startChild({
    command: join(binaries.folder, 'bin', 'postgres'),
    args: ['-D', cluster.folder, '-p', String(port), ...flags],
    ...surroundings(binaries.owner),
    logFile,
    stopSignal: 'SIGINT', // PostgreSQL's "fast" shutdown: SIGTERM would wait for every client to leave.
  })
}

// No PG* or locale variable of the caller's reaches the server; its user may not be allowed into the caller's folder.
function surroundings(owner: Owner | undefined) {
  return { env: { PATH: process.env.PATH, TZ: 'UTC' }, cwd: '/', ...(owner === undefined ? {} : { owner }) }
}

/** Undefined when the server answers and the database is there; else why not. */
async function becomeReady(server: Child, url: URL, giveUp: AbortSignal): Promise<string | undefined> {
  const ended = server.exited.then(describeEnding)
  for (;;) {
    const state = await Promise.race([ended, ensureDatabase(url)])
    if (state === 'ready') return undefined
    if (state !== 'starting') return state
    giveUp.throwIfAborted()
    await Promise.race([ended, sleep(25)])
  }
}

async function ensureDatabase(url: URL): Promise<'ready' | 'starting'> {
  const administration = new URL('/postgres', url)
  const sql = postgres(administration.href, { max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} })
  try {
    const found = await sql`select 1 from pg_database where datname = ${databaseName}`
    if (found.length === 0) await sql`create database ${sql(databaseName)}`
    return 'ready'
  } catch (error) {
    if (isStarting(error)) return 'starting'
    throw error
  } finally {
    await sql.end({ timeout: 1 })
  }
}

// 57P03: cannot_connect_now, while PostgreSQL recovers.
function isStarting(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return ['57P03', 'ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT'].includes(String(code))
}

// PostgreSQL believes a lock whose process id lives again, as another program (after a restart of the machine, say).
function removeLockOfDeadServer(folder: string, pidFile: string): void {
  const lockFile = join(folder, 'postmaster.pid')
  if (!existsSync(lockFile)) return
  const locker = Number.parseInt(readFileSync(lockFile, 'utf8'), 10)
  const noted = notedProcess(pidFile)
  if (noted?.pid === locker && !isAlive(noted) && identify(locker)) rmSync(lockFile)
}

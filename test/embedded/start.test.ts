import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createTransport } from 'nodemailer'
import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../servers.ts'
import { eventually, lives, processesNaming } from './processes.ts'
import { bundleInto, put, scratchFolder } from './scratch.ts'

const anyPorts = Object.fromEntries(
  ['API', 'CODEC', 'TEMPORAL', 'TEMPORAL_UI', 'SMTP', 'POSTGRES'].map((name) => [`POSTGANG_${name}_PORT`, '0']),
)

test('one start, from its first line to its last', { timeout: 180_000 }, async () => {
  const project = await projectOfDummies()
  const data = join(project, 'data')
  const first = await startProject(project)

  expect(first.lines.length).toBeLessThanOrEqual(10)
  const facts = factsOf(project)
  for (const fact of [facts.apiUrl, facts.docsUrl, facts.temporalUiUrl, facts.apiKey])
    expect(first.lines.join('\n')).toContain(fact)
  expect(first.lines.join('\n')).toMatch(/curl .*\/v1\/shipments/)
  expect(statSync(join(data, 'postgang.json')).mode & 0o777).toBe(0o600)
  for (const name of ['secrets.json', 'postgres.json']) expect(statSync(join(data, name)).mode & 0o077).toBe(0)
  expect((await fetch(facts.temporalUiUrl)).status).toBe(200)

  const env = environmentOf(project)
  const file = join(project, 'data', 'environment')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(env).toMatchObject(parseEnv(readFileSync(file, 'utf8')))
  expect(env).toMatchObject({
    TEMPORAL_NAMESPACE: 'default',
    API_HOST: '127.0.0.1',
    ALLOW_SHORT_PERIODS: 'true',
    ALLOW_SYNTHETIC_IDS: 'true',
  })
  expect(env.UI_ORIGIN).toBe(`${facts.temporalUiUrl},${facts.temporalUiUrl.replace('127.0.0.1', 'localhost')}`)
  expect(env.BLOB_DIR).toBe(join(data, 'blobs'))

  const transport = createTransport(env.SMTP_URL)
  await transport.sendMail({ from: env.MAIL_FROM, to: 'kari@example.com', text: 'Hei' })
  transport.close()
  expect(readdirSync(join(data, 'mail'))).toHaveLength(1)

  // A second start says so and changes nothing.
  const before = treeOf(data)
  const second = run(project)
  expect(await second.exitCode).toBe(1)
  expect(second.errors()).toContain(`Postgang already runs on ${data} (process ${first.pid})`)
  expect(treeOf(data)).toEqual(before)

  // What dies alone comes back, on its address.
  for (const name of ['worker', 'api', 'codec-server']) await killAndAwaitNext(project, name, first)
  for (const name of ['postgres', 'temporal']) process.kill(processOf(join(data, `${name}.pid.json`)), 'SIGKILL')
  await eventually('the Temporal UI answers again', () =>
    fetch(facts.temporalUiUrl).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  await eventually('postgres answers again', () => answers(env.DATABASE_URL ?? ''))
  for (const name of ['postgres', 'temporal'])
    expect(first.lines.filter((line) => line.startsWith(`${name} ended (killed by SIGKILL)`))).toHaveLength(1)

  // SIGTERM ends everything in order.
  const startedAt = Date.now()
  first.kill('SIGTERM')
  expect(await first.exitCode).toBe(0)
  expect(Date.now() - startedAt).toBeLessThan(15_000)
  expect(processesNaming(project)).toEqual([])
  expect(readFileSync(join(project, 'ends'), 'utf8').trim().split('\n').toSorted()).toEqual([
    'api',
    'codec-server',
    'worker',
  ])
  expect(readFileSync(join(project, 'ends'), 'utf8').trim().split('\n').at(-1)).toBe('worker')

  // The next start finds everything where it was; after a kill -9 too.
  const third = await startProject(project)
  expect(factsOf(project)).toEqual(facts)
  expect(environmentOf(project)).toEqual(env)
  third.kill('SIGKILL')
  const fourth = await startProject(project)
  expect(environmentOf(project)).toEqual(env)
  expect(lives(third.pid)).toBe(false)
  fourth.kill('SIGKILL')
  await eventually('nothing is left', () => processesNaming(project).length === 0, 5_000)
})

test('with the servers of others nothing is started but the processes', { timeout: 60_000 }, async () => {
  const project = await projectOfDummies()
  const database = await createTestDatabase({ empty: true })
  onTestFinished(() => database.drop())
  const own = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    SMTP_URL: 'smtp://mail.example.com',
  }
  const started = await startProject(project, own)
  expect(environmentOf(project)).toMatchObject(own)
  expect(parseEnv(readFileSync(join(project, 'data', 'environment'), 'utf8'))).toMatchObject(own)
  expect(readdirSync(join(project, 'data', 'logs')).toSorted()).toEqual([
    'api.log',
    'codec-server.log',
    'migrate.log',
    'worker.log',
  ])
  started.kill('SIGINT')
  expect(await started.exitCode).toBe(0)
  expect(processesNaming(project)).toEqual([])
})

test('a migration that fails ends the start with the place of its log', { timeout: 60_000 }, async () => {
  const project = await projectOfDummies()
  put(join(project, 'dist', 'db', 'migrate.js'), 'process.exit(1)')
  const started = run(project)
  expect(await started.exitCode).toBe(1)
  expect(started.errors()).toContain(
    `Migrating the database failed (exit code 1). Its log: ${join(project, 'data', 'logs', 'migrate.log')}`,
  )
  expect(processesNaming(project)).toEqual([])
})

test('Ctrl-C in the middle of a start ends it', { timeout: 60_000 }, async () => {
  const project = await projectOfDummies()
  put(join(project, 'dist', 'db', 'migrate.js'), 'setInterval(() => {}, 1000)')
  const started = run(project)
  await eventually('the migration runs', () => existsSync(join(project, 'data', 'logs', 'migrate.log')))
  started.kill('SIGINT')
  expect(await started.exitCode).toBe(0)
  expect(processesNaming(project)).toEqual([])
})

/** A project whose API, worker and codec server only tell that they run, and how they end. */
async function projectOfDummies(): Promise<string> {
  const project = scratchFolder()
  await bundleInto(project, ['embedded/start.ts', 'embedded/mail-server.ts', 'db/migrate.ts'])
  cpSync(new URL('../../db/migrations', import.meta.url), join(project, 'dist', 'db', 'migrations'), {
    recursive: true,
  })
  const dummy = (name: string, port: string) => `
    import { appendFileSync, writeFileSync } from 'node:fs'
    import { createServer } from 'node:http'
    writeFileSync('${project}/${name}.json', JSON.stringify({ pid: process.pid, env: process.env }))
    createServer((_, answer) => answer.end('{"workers":[{"id":"one"}]}')).listen(${port}, '127.0.0.1')
    process.on('SIGTERM', () => { appendFileSync('${project}/ends', '${name}\\n'); process.exit(0) })`
  put(join(project, 'dist', 'worker.js'), dummy('worker', '0'))
  put(join(project, 'dist', 'api', 'server.js'), dummy('api', 'process.env.API_PORT'))
  put(join(project, 'dist', 'api', 'codec-server.js'), dummy('codec-server', 'process.env.CODEC_PORT'))
  return project
}

function run(project: string, env: NodeJS.ProcessEnv = {}) {
  const {
    DATABASE_URL: _database,
    TEMPORAL_ADDRESS: _temporal,
    SMTP_URL: _smtp,
    POSTGANG_DATA: _data,
    ...mine
  } = process.env
  const child = spawn(process.execPath, [join(project, 'dist', 'embedded', 'start.js')], {
    env: { ...mine, ...anyPorts, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { lines: [] as string[], errors: '' }
  child.stdout.on('data', (chunk) => output.lines.push(...String(chunk).trim().split('\n')))
  child.stderr.on('data', (chunk) => (output.errors += String(chunk)))
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const kill = (signal: NodeJS.Signals) => child.kill(signal)
  return { pid: child.pid ?? 0, lines: output.lines, errors: () => output.errors, exitCode, kill, child }
}

type Started = ReturnType<typeof run>

async function startProject(project: string, env: NodeJS.ProcessEnv = {}): Promise<Started> {
  rmSync(join(project, 'ends'), { force: true })
  const started = run(project, env)
  await eventually(
    'the start has come to its end',
    () => {
      if (hasEnded(started.child)) throw new Error(`The start failed: ${started.errors()}`)
      return started.lines.some((line) => line.includes('curl '))
    },
    60_000,
  )
  return started
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function killAndAwaitNext(project: string, name: string, started: Started): Promise<void> {
  const file = join(project, `${name}.json`)
  const pid = processOf(file)
  process.kill(pid, 'SIGKILL')
  await eventually(`${name} is started again`, () => processOf(file) !== pid)
  expect(started.lines).toContain(`${name} ended (killed by SIGKILL); it is started again in 1 s`)
}

function processOf(file: string): number {
  return Number(readFileSync(file, 'utf8').match(/"pid":(\d+)/)?.[1])
}

function environmentOf(project: string): Record<string, string> {
  return (JSON.parse(readFileSync(join(project, 'api.json'), 'utf8')) as { env: Record<string, string> }).env
}

function factsOf(project: string): { apiUrl: string; docsUrl: string; temporalUiUrl: string; apiKey: string } {
  return JSON.parse(readFileSync(join(project, 'data', 'postgang.json'), 'utf8'))
}

/** Our own files: the servers write theirs all the time. */
function treeOf(data: string): string[] {
  return readdirSync(data).flatMap((name) =>
    name.endsWith('.json') || name.startsWith('lock') ? [`${name} ${readFileSync(join(data, name), 'utf8')}`] : [],
  )
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2 })
  return sql`select 1`
    .then(
      () => true,
      () => false,
    )
    .finally(() => sql.end())
}

import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { addressesOf, childEnvironment, settingsOf } from './child-environment.ts'
import { runToEnd, startChild } from './child.ts'
import { choosePorts } from './choose-ports.ts'
import type { PortName } from './choose-ports.ts'
import { ensureDemoAccount } from './demo-account.ts'
import { greetingLines, writeEnvironment, writeFacts } from './greeting.ts'
import { keepRunning } from './keep-running.ts'
import type { Kept, KeepRunning } from './keep-running.ts'
import { lockFolder } from './lock.ts'
import { startPostgres } from './postgres.ts'
import { waitUntilReady } from './readiness.ts'
import { loadSecrets } from './secrets.ts'
import { findTemporal } from './temporal-binary.ts'
import { startTemporal } from './temporal.ts'

export type Everything = {
  /** The folder of the bundled programs. */
  dist: string
  dataDir: string
  env: NodeJS.ProcessEnv
  log: (line: string) => void
  /** Ends a start that is under way; then `stop` is called. */
  signal: AbortSignal
}

// In this order, those of a line together; the sum of the times stays below the 15 s that a stop may take.
const stopOrder: { names: string[]; graceMs: number }[] = [
  { names: ['api', 'codec-server'], graceMs: 3_000 },
  { names: ['worker'], graceMs: 5_000 },
  { names: ['mail-server'], graceMs: 1_000 },
  { names: ['temporal'], graceMs: 2_500 },
  { names: ['postgres'], graceMs: 2_500 },
]

/** Everything that `npm start` runs. `start` comes back when a letter can be sent; `stop` may be called at any time. */
export function everything({ dist, dataDir, env, log, signal: stopped }: Everything) {
  const failed = new AbortController()
  const signal = AbortSignal.any([stopped, failed.signal])
  const kept = new Map<string, Kept>()
  let release = () => {}

  const keep = async (name: string, start: KeepRunning['start']) => {
    const eitherSignal = (own: AbortSignal) => AbortSignal.any([own, signal])
    kept.set(name, await keepRunning({ name, start: (own) => start(eitherSignal(own)), log }))
  }

  const start = async () => {
    makeDataFolder(dataDir)
    release = lockFolder(dataDir).release
    const secrets = loadSecrets(dataDir)
    const ports = await choosePorts({ dataDir, names: portsNeeded(env), env, log })
    const addresses = addressesOf(ports, env)
    const logs = join(dataDir, 'logs')
    const logFile = (name: string) => join(logs, `${name}.log`)
    const program = (script: string) => ({
      command: process.execPath,
      args: ['--enable-source-maps', join(dist, script)],
    })

    const serveDatabase = async () => {
      let databaseUrl = env.DATABASE_URL
      if (!databaseUrl) {
        await keep('postgres', async (either) => {
          const server = await startPostgres({ dataDir, port: ports.postgres, log, signal: either })
          databaseUrl = server.url
          return server
        })
      }
      const given = { dataDir, databaseUrl: databaseUrl ?? '', ports, secrets, env }
      const childEnv = childEnvironment(given)
      writeEnvironment(dataDir, settingsOf(given))
      const migration = { ...program('db/migrate.js'), env: childEnv, logFile: logFile('migrate') }
      await runToEnd('Migrating the database', migration, signal)
      return { childEnv, apiKey: await ensureDemoAccount({ dataDir, databaseUrl: databaseUrl ?? '' }) }
    }
    const serveTemporal = async () => {
      if (env.TEMPORAL_ADDRESS) return
      const binary = await findTemporal({ log, env, signal })
      const options = {
        binary,
        dataDir,
        port: ports.temporal,
        uiPort: ports.temporalUi,
        codecUrl: addresses.codecUrl,
        log,
      }
      await keep('temporal', (either) => startTemporal({ ...options, signal: either }))
    }
    const serveMail = async () => {
      if (env.SMTP_URL) return
      const mailEnv = { ...env, SMTP_PORT: String(ports.smtp), MAIL_DIR: join(dataDir, 'mail') }
      const mailServer = { ...program('embedded/mail-server.js'), env: mailEnv, logFile: logFile('mail-server') }
      await keep('mail-server', async () => startChild(mailServer))
    }

    const database = serveDatabase()
    await untilAllAreDone([database, serveTemporal(), serveMail()], () => failed.abort())
    const { childEnv, apiKey } = await database
    const scripts = { 'codec-server': 'api/codec-server.js', worker: 'worker.js', api: 'api/server.js' }
    for (const [name, script] of Object.entries(scripts))
      await keep(name, async () => startChild({ ...program(script), env: childEnv, logFile: logFile(name) }))
    await waitUntilReady({ apiUrl: addresses.apiUrl, logs, log, signal })
    writeFacts({ dataDir, addresses, apiKey })
    for (const line of greetingLines({ dataDir, addresses, apiKey })) log(line)
  }

  const stop = async () => {
    for (const { names, graceMs } of stopOrder) await Promise.all(names.map((name) => kept.get(name)?.stop(graceMs)))
    release()
  }

  return { start, stop }
}

function portsNeeded(env: NodeJS.ProcessEnv): PortName[] {
  return [
    ...(['api', 'codec'] as const),
    ...(env.TEMPORAL_ADDRESS ? [] : (['temporal', 'temporalUi'] as const)),
    ...(env.SMTP_URL ? [] : (['smtp'] as const)),
    ...(env.DATABASE_URL ? [] : (['postgres'] as const)),
  ]
}

// Root's database runs as another user, who must get through this folder; nobody else may list it.
function makeDataFolder(dataDir: string): void {
  if (existsSync(dataDir)) return
  mkdirSync(dataDir, { recursive: true })
  chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700)
}

// The first failure ends the other steps, and is thrown when they have ended: nothing starts any more behind a stop.
async function untilAllAreDone(steps: Promise<unknown>[], endOthers: () => void): Promise<void> {
  const failures: unknown[] = []
  const note = (error: unknown) => {
    failures.push(error)
    endOthers()
  }
  await Promise.all(steps.map((step) => step.catch(note)))
  if (failures.length > 0) throw failures[0]
}

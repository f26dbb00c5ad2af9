import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { createClient } from '../../tools/client.ts'
import type { Client, ShipmentView } from '../../tools/client.ts'
import { eventually } from '../embedded/processes.ts'

export type ServerName = 'postgres' | 'temporal' | 'worker' | 'api' | 'mail-server'

/** The whole product as `npm start` runs it, in a folder and on ports of its own. */
export type Stack = {
  dataDir: string
  apiUrl: string
  client: () => Client
  /** The process of a server, as it is now. */
  pidOf: (server: ServerName) => number
  /** SIGKILL; comes back when the process is gone. */
  kill: (server: ServerName) => Promise<void>
  /** Comes back when everything runs (again). */
  start: () => Promise<void>
  /** As Ctrl-C does. */
  stop: () => Promise<void>
  sql: () => postgres.Sql
  destroy: () => Promise<void>
}

const startMs = 120_000

/** What each server's command line shows. */
const commandLines: Record<ServerName, RegExp> = {
  postgres: /bin\/postgres -D/,
  temporal: /server start-dev/,
  worker: /dist\/worker\.js/,
  api: /dist\/api\/server\.js/,
  'mail-server': /embedded\/mail-server\.js/,
}

export async function startStack(env: Record<string, string> = {}): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postgang-test-'))
  await chmod(dataDir, 0o711)
  let parent: ChildProcess | undefined
  let output = ''
  let sql: postgres.Sql | undefined
  const facts = (): { apiUrl: string; apiKey: string } =>
    JSON.parse(readFileSync(join(dataDir, 'postgang.json'), 'utf8')) as { apiUrl: string; apiKey: string }

  const start = async (): Promise<void> => {
    output = ''
    const ports = Object.fromEntries(
      ['API', 'CODEC', 'TEMPORAL', 'TEMPORAL_UI', 'SMTP', 'POSTGRES'].map((name) => [`POSTGANG_${name}_PORT`, '0']),
    )
    const starting = spawn(process.execPath, ['dist/embedded/start.js'], {
      env: { ...process.env, ...ports, ...env, POSTGANG_DATA: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    parent = starting
    starting.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    starting.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await eventually(
      'everything runs',
      () => {
        if (starting.exitCode !== null) throw new Error(`npm start ended with ${starting.exitCode}:\n${output}`)
        return /curl/.test(output) && existsSync(join(dataDir, 'postgang.json'))
      },
      startMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output}`)
    })
  }
  const stop = async (): Promise<void> => {
    const stopping = parent
    if (!stopping || stopping.exitCode !== null) return
    const exited = new Promise((resolve) => stopping.once('exit', resolve))
    stopping.kill('SIGTERM')
    await exited
  }
  const pidOf = (server: ServerName): number => {
    const found = childrenOf(parent?.pid ?? -1).find((child) => commandLines[server].test(child.command))
    if (!found) throw new Error(`No ${server} runs`)
    return found.pid
  }
  await start()
  return {
    dataDir,
    get apiUrl() {
      return facts().apiUrl
    },
    client: () => createClient(facts()),
    pidOf,
    kill: async (server) => {
      const pid = pidOf(server)
      process.kill(pid, 'SIGKILL')
      await eventually(`${server} is gone`, () => !existsSync(`/proc/${pid}`))
    },
    start,
    stop,
    sql: () => (sql ??= postgres(databaseUrl(pidOf('worker')), { max: 2, onnotice: () => {} })),
    destroy: async () => {
      await sql?.end({ timeout: 1 })
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function waitForStatus(
  client: Client,
  id: string,
  wanted: string[],
  timeoutMs = 60_000,
): Promise<ShipmentView> {
  let last: ShipmentView | undefined
  return eventually(
    `shipment becomes ${wanted.join(' or ')}`,
    async () => {
      last = await client.shipment(id).catch(() => last)
      return last && wanted.includes(last.status) ? last : undefined
    },
    timeoutMs,
  ).catch(async (error: unknown) => {
    const history = await client.history(id).catch(() => undefined)
    throw new Error(`${String(error)}; it is ${last?.status}: ${JSON.stringify(history, null, 1)}`)
  })
}

/** Where the worker was told the database is. */
function databaseUrl(workerPid: number): string {
  const environment = readFileSync(`/proc/${workerPid}/environ`, 'utf8').split('\0')
  const url = environment.find((line) => line.startsWith('DATABASE_URL='))?.slice('DATABASE_URL='.length)
  if (!url) throw new Error('The worker has no DATABASE_URL')
  return url
}

function childrenOf(parentPid: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return state !== 'Z' && Number(ppid) === parentPid ? [{ pid: Number(pid), command }] : []
      } catch {
        return []
      }
    })
}

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { createClient } from './client.ts'
import type { Client } from './client.ts'

export const serverNames = ['postgres', 'temporal', 'worker', 'api', 'mail-server'] as const
export type ServerName = (typeof serverNames)[number]

/** The whole product as `npm start` runs it, in a folder and on ports of its own, for tests and soaks (Linux: it reads /proc). */
export type Stack = {
  dataDir: string
  readonly apiUrl: string
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

export async function startStack(
  env: Record<string, string> = {},
  prepare?: (dataDir: string) => void,
): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postgang-stack-'))
  await chmod(dataDir, 0o711)
  prepare?.(dataDir)
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
    for (const stream of [starting.stdout, starting.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const giveUpAt = Date.now() + startMs
    while (!/curl/.test(output)) {
      if (starting.exitCode !== null) throw new Error(`npm start ended with ${starting.exitCode}:\n${output}`)
      if (Date.now() > giveUpAt) throw new Error(`npm start is not ready after ${startMs / 1000} s:\n${output}`)
      await pause(50)
    }
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
      while (existsSync(`/proc/${pid}`)) await pause(10)
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

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { describeEnding, startChild } from './child.ts'
import type { Child, Ending } from './child.ts'
import { noteProcess, waitForEarlierServer } from './process-identity.ts'

export type TemporalOptions = {
  /** The Temporal CLI, from `findTemporal`. */
  binary: string
  dataDir: string
  port: number
  /** Port of the web UI; `port` + 1000 unless told. */
  uiPort?: number
  /** Where the web UI has payloads decoded. */
  codecUrl?: string
  /** Without the web UI. */
  headless?: boolean
  log: (line: string) => void
  signal?: AbortSignal
}

export type Temporal = {
  address: string
  uiUrl: string | undefined
  pid: () => number
  stop: (graceMs?: number) => Promise<void>
  exited: Promise<Ending>
}

const startTimeoutMs = 60_000
const host = '127.0.0.1'

/** Starts the Temporal development server with its state in `temporal.db` of the data folder; back when it answers. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const { dataDir, port, signal } = options
  const logFile = join(dataDir, 'logs', 'temporal.log')
  const pidFile = join(dataDir, 'temporal.pid.json')
  mkdirSync(dataDir, { recursive: true })
  await waitForEarlierServer(pidFile, 'The Temporal server')
  const server = startChild({ command: options.binary, args: startDevArguments(options), logFile })
  noteProcess(pidFile, server.pid())
  const address = `${host}:${port}`
  const timeout = AbortSignal.timeout(startTimeoutMs)
  const failure = await becomeReady(server, address, signal ? AbortSignal.any([signal, timeout]) : timeout)
  if (failure !== undefined) {
    await server.stop()
    signal?.throwIfAborted()
    throw new Error(`The Temporal server did not start on port ${port} (${failure}). Its log: ${logFile}`)
  }
  const uiUrl = options.headless ? undefined : `http://${host}:${options.uiPort ?? port + 1000}`
  return { address, uiUrl, pid: server.pid, stop: server.stop, exited: server.exited }
}

function startDevArguments({ dataDir, port, uiPort, codecUrl, headless }: TemporalOptions): string[] {
  const flags = [
    ['--ip', host],
    ['--port', String(port)],
    ['--namespace', 'default'],
    ['--db-filename', join(dataDir, 'temporal.db')],
    ['--log-format', 'json'],
    ['--log-level', 'warn'],
    // Three times as fast; the last commits can be lost with the power, not with the process, and Postgres owns the facts.
    ['--sqlite-pragma', 'journal_mode=WAL'],
    ['--sqlite-pragma', 'synchronous=NORMAL'],
  ]
  const ui = [
    ['--ui-ip', host],
    ['--ui-port', String(uiPort ?? port + 1000)],
    ['--ui-disable-news-fetch'],
    codecUrl === undefined ? [] : ['--ui-codec-endpoint', codecUrl],
  ]
  return ['server', 'start-dev', ...flags.flat(), ...(headless ? ['--headless'] : ui.flat())]
}

/** Undefined when the server answers for its namespace; else why not. */
async function becomeReady(server: Child, address: string, giveUp: AbortSignal): Promise<string | undefined> {
  const ended = server.exited.then(describeEnding)
  for (;;) {
    const state = await Promise.race([ended, ask(address)])
    if (state === 'ready') return undefined
    if (state !== 'starting') return state
    if (giveUp.aborted) return 'it does not answer'
    await Promise.race([ended, sleep(50)])
  }
}

async function ask(address: string): Promise<'ready' | 'starting'> {
  const connection = Connection.lazy({ address })
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    )
    return 'ready'
  } catch {
    return 'starting'
  } finally {
    await connection.close()
  }
}

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export type Ending = { code: number | null; signal: NodeJS.Signals | null; error?: Error }

export type ChildProgram = {
  command: string
  args: string[]
  /** Everything that it writes goes here. */
  logFile: string
  env?: NodeJS.ProcessEnv
  cwd?: string
  owner?: { uid: number; gid: number }
  /** What asks it to end in order; SIGTERM unless told. */
  stopSignal?: NodeJS.Signals
}

export type Child = {
  pid: () => number
  exited: Promise<Ending>
  /** Asks it to end, and kills its process group when it has not after `graceMs`. */
  stop: (graceMs?: number) => Promise<void>
}

const logKeptBytes = 20 * 1024 * 1024

// The watchdog holds the reading end of a pipe (fd 3) whose other end only the parent has. When the parent dies, by whatever
// cause, the pipe ends: the command gets its stop signal, and 3 s later its group is killed. It is no child of the command
// (double fork), since PostgreSQL takes a strange child's death for a crash of its own.
const watchdogScript = [
  'signal=$1; shift',
  '( ( exec </dev/null >/dev/null 2>&1; cat <&3; kill -s "$signal" $$; n=0',
  '    while [ $n -lt 30 ] && kill -0 $$; do sleep 0.1; n=$((n + 1)); done; kill -s KILL 0 ) & )',
  'exec "$@" </dev/null 3<&-',
].join('\n')

/** Starts a program in a process group of its own that ends within 5 s when this process ends, even by SIGKILL. */
export function startChild(program: ChildProgram): Child {
  const stopSignal = program.stopSignal ?? 'SIGTERM'
  const log = openLog(program.logFile)
  const script = ['-c', watchdogScript, 'postgang-watchdog', stopSignal.slice('SIG'.length)]
  const child = spawn('/bin/sh', [...script, program.command, ...program.args], {
    env: program.env ?? process.env,
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    ...program.owner,
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  })
  closeSync(log)
  const watch = child.stdio[3]
  watch?.on('error', () => {})
  let ended = false
  const exited = new Promise<Ending>((resolve) => {
    const end = (ending: Ending) => {
      ended = true
      killGroup(child.pid)
      watch?.destroy()
      resolve(ending)
    }
    child.once('error', (error) => end({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => end({ code, signal }))
  })
  const stop = async (graceMs = 8_000) => {
    if (!ended) child.kill(stopSignal)
    const killer = setTimeout(() => killGroup(child.pid), graceMs)
    await exited
    clearTimeout(killer)
  }
  return { pid: () => child.pid ?? 0, exited, stop }
}

export function describeEnding(ending: Ending): string {
  if (ending.error) return ending.error.message
  return ending.signal ? `killed by ${ending.signal}` : `exit code ${ending.code}`
}

/** Runs a program to its end; throws with where its log lies unless it ended with 0. */
export async function runToEnd(what: string, program: ChildProgram, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const child = startChild(program)
  const abort = () => void child.stop(1_000)
  signal?.addEventListener('abort', abort)
  const ending = await child.exited
  signal?.removeEventListener('abort', abort)
  signal?.throwIfAborted()
  if (ending.code !== 0) throw new Error(`${what} failed (${describeEnding(ending)}). Its log: ${program.logFile}`)
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > logKeptBytes) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group.
  }
}

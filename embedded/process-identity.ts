import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export type ProcessIdentity = { pid: number; startedAt: string }

/** A process id together with its start time, so that a reused id is not taken for the old process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? linuxStart(pid) : psStart(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
}

/** Notes in a file which process serves a folder. */
export function noteProcess(file: string, pid: number): void {
  writeFileSync(file, JSON.stringify(identify(pid) ?? { pid, startedAt: 'ended' }), { mode: 0o600 })
}

export function notedProcess(file: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined
  } catch {
    return undefined
  }
}

/** Waits for the server of an earlier, killed run: its watchdog ends it. One that stays belongs to somebody else. */
export async function waitForEarlierServer(file: string, what: string, timeoutMs = 8_000): Promise<void> {
  const earlier = notedProcess(file)
  const giveUpAt = Date.now() + timeoutMs
  while (earlier && isAlive(earlier)) {
    if (Date.now() > giveUpAt)
      throw new Error(`${what} already runs on this data folder (process ${earlier.pid}). Stop that one first.`)
    await sleep(50)
  }
}

// Fields of /proc/<pid>/stat after the command's name in brackets: state is the 1st, starttime the 20th (man proc_pid_stat).
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}

function psStart(pid: number): string | undefined {
  try {
    const options = { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } } as const
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], options)
      .trim()
      .split(/\s+/)
    return state === undefined || state.startsWith('Z') ? undefined : started.join(' ')
  } catch {
    return undefined
  }
}

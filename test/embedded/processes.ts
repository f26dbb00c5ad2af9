import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The command lines of living processes that name a folder (Linux only, as the tests that use it). */
export function processesNaming(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const commandLine = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
      const environment = read(`/proc/${pid}/environ`)
      const state = read(`/proc/${pid}/stat`).split(') ')[1]?.[0]
      return state !== 'Z' && (commandLine.includes(folder) || environment.includes(folder))
        ? [`${pid} ${commandLine}`]
        : []
    })
}

export function lives(pid: number): boolean {
  const state = read(`/proc/${pid}/stat`).split(') ')[1]?.[0]
  return state !== undefined && state !== 'Z'
}

/** Waits for something that another process does. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 20_000,
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== null && seen !== false) return seen
    if (Date.now() > giveUpAt) throw new Error(`Did not happen within ${timeoutMs} ms: ${what}`)
    await sleep(50)
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

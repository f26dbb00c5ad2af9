import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

// Older ones refuse `--ui-disable-news-fetch`.
const oldest = [1, 8, 1] as const
export const oldestVersion = oldest.join('.')

const run = promisify(execFile)

/** Why a Temporal CLI does not serve, or undefined when it does. */
export async function problemOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 30_000 })
    const version = /temporal version (\d+)\.(\d+)\.(\d+)(\S*)/.exec(stdout)
    if (!version) return `${path} is not the Temporal CLI: \`--version\` answers "${stdout.trim().slice(0, 80)}"`
    const numbers = version.slice(1, 4).map(Number)
    if (atLeastOldest(numbers)) return undefined
    // Built without its release number, so what it can do decides.
    if (numbers.every((part) => part === 0) && (await knowsNewsFlag(path))) return undefined
    return `${path} is version ${numbers.join('.')}${version[4]}, older than ${oldestVersion}`
  } catch (error) {
    return `${path} does not run: ${messageOf(error)}`
  }
}

async function knowsNewsFlag(path: string): Promise<boolean> {
  const { stdout } = await run(path, ['server', 'start-dev', '--help'], { timeout: 30_000 })
  return stdout.includes('--ui-disable-news-fetch')
}

function atLeastOldest(numbers: number[]): boolean {
  const differs = oldest.findIndex((part, index) => part !== numbers[index])
  return differs === -1 || (numbers[differs] ?? 0) > (oldest[differs] ?? 0)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error)
}

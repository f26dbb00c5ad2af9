import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { becomesFree, freePort, isFree } from './ports.ts'

/** Every port of `npm start`, with its default and the variable that overrides it (0 means any free one). */
export const portPlan = {
  api: { standard: 8080, variable: 'POSTGANG_API_PORT' },
  codec: { standard: 8081, variable: 'POSTGANG_CODEC_PORT' },
  temporal: { standard: 7233, variable: 'POSTGANG_TEMPORAL_PORT' },
  temporalUi: { standard: 8233, variable: 'POSTGANG_TEMPORAL_UI_PORT' },
  smtp: { standard: 2525, variable: 'POSTGANG_SMTP_PORT' },
  postgres: { standard: 5433, variable: 'POSTGANG_POSTGRES_PORT' },
} as const

export type PortName = keyof typeof portPlan
export type Ports = Record<PortName, number>

type Choice = {
  dataDir: string
  /** Only these are looked for; the others keep what they had. */
  names: PortName[]
  env: NodeJS.ProcessEnv
  log: (line: string) => void
}

// Longer than the 5 s in which everything of a killed run ends.
const earlierRunEndsMs = 6_000

/** Chooses a free port for each server and keeps the choice in `ports.json`, so that a restart finds the same addresses. */
export async function choosePorts({ dataDir, names, env, log }: Choice): Promise<Ports> {
  const file = join(dataDir, 'ports.json')
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>) : {}
  const chosen: Partial<Ports> = {}
  for (const name of names)
    chosen[name] = await choosePort(name, { kept: kept[name], wish: wishFor(name, env), chosen, log })
  const ports = { ...standardPorts(), ...kept, ...chosen }
  writeFileSync(`${file}.new`, JSON.stringify(ports, null, 2))
  renameSync(`${file}.new`, file)
  return ports
}

type Situation = {
  kept: number | undefined
  wish: number | undefined
  chosen: Partial<Ports>
  log: (line: string) => void
}

async function choosePort(name: PortName, { kept, wish, chosen, log }: Situation): Promise<number> {
  const { standard, variable } = portPlan[name]
  const mine = new Set(Object.values(chosen))
  if (wish) {
    if (mine.has(wish) || !(await becomesFree(wish, wish === kept ? earlierRunEndsMs : 0)))
      throw new Error(
        `${variable}: port ${wish} is taken. End what listens there, or choose another port (0: any free one).`,
      )
    return wish
  }
  const free = await freeAmong(mine, { kept, standard: wish === undefined ? standard : undefined })
  const expected = kept ?? standard
  if (wish === undefined && free !== expected)
    log(`Port ${expected} is taken; ${name} listens on ${free} (${variable} sets another)`)
  return free
}

type Preference = { kept: number | undefined; standard: number | undefined }

async function freeAmong(mine: Set<number>, { kept, standard }: Preference): Promise<number> {
  if (kept !== undefined && !mine.has(kept) && (await becomesFree(kept, earlierRunEndsMs))) return kept
  if (standard !== undefined && !mine.has(standard) && (await isFree(standard))) return standard
  return freePort(mine)
}

function wishFor(name: PortName, env: NodeJS.ProcessEnv): number | undefined {
  const { variable } = portPlan[name]
  const text = env[variable]
  if (!text) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`${variable} must be a port number from 0 to 65535, not "${text}".`)
}

function standardPorts(): Ports {
  const { api, codec, temporal, temporalUi, smtp, postgres } = portPlan
  return {
    api: api.standard,
    codec: codec.standard,
    temporal: temporal.standard,
    temporalUi: temporalUi.standard,
    smtp: smtp.standard,
    postgres: postgres.standard,
  }
}

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of `npm start`. */
export const dataDir = resolve(process.env.POSTGANG_DATA || 'data')

/** Takes the variables of the installation that `npm start` runs here; those that are set already hold. */
export function takeEnvironment(): void {
  const file = join(dataDir, 'environment')
  if (existsSync(file)) process.loadEnvFile(file)
}

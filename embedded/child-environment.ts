import { join } from 'node:path'
import type { Ports } from './choose-ports.ts'
import type { Secrets } from './secrets.ts'

export type Addresses = { apiUrl: string; docsUrl: string; temporalUiUrl: string | undefined; codecUrl: string }

type Given = {
  dataDir: string
  databaseUrl: string
  ports: Ports
  secrets: Secrets
  /** The caller's environment: what it sets holds, but for the addresses that are chosen here. */
  env: NodeJS.ProcessEnv
}

export function addressesOf(ports: Ports, env: NodeJS.ProcessEnv): Addresses {
  const apiUrl = `http://127.0.0.1:${ports.api}`
  const ownUiUrl = env.TEMPORAL_ADDRESS ? undefined : `http://127.0.0.1:${ports.temporalUi}`
  const temporalUiUrl = env.TEMPORAL_UI_URL || ownUiUrl
  return { apiUrl, docsUrl: `${apiUrl}/docs`, temporalUiUrl, codecUrl: `http://127.0.0.1:${ports.codec}` }
}

/** The variables that production sets too; `config.ts` reads them in the processes. */
export function settingsOf({ dataDir, databaseUrl, ports, secrets, env }: Given): Record<string, string> {
  const { temporalUiUrl } = addressesOf(ports, env)
  const defaults: NodeJS.ProcessEnv = {
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_UI_URL: temporalUiUrl,
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
    MAIL_FROM: 'postgang@example.com',
    BLOB_DIR: join(dataDir, 'blobs'),
    PRINT_DIR: join(dataDir, 'print'),
    PRINT_JOURNAL_DIR: join(dataDir, 'print-journal'),
    ALLOW_SHORT_PERIODS: 'true',
    ALLOW_SYNTHETIC_IDS: 'true',
    UI_ORIGIN: temporalUiUrl === undefined ? undefined : originsOf(temporalUiUrl).join(','),
    ...secrets,
  }
  const settings = Object.entries(defaults).flatMap(([name, value]) => {
    const chosen = env[name] || value
    return chosen === undefined ? [] : [[name, chosen] as const]
  })
  return {
    ...Object.fromEntries(settings),
    DATABASE_URL: databaseUrl,
    API_HOST: '127.0.0.1',
    API_PORT: String(ports.api),
    CODEC_HOST: '127.0.0.1',
    CODEC_PORT: String(ports.codec),
  }
}

export function childEnvironment(given: Given): NodeJS.ProcessEnv {
  return { ...withoutEmpty(given.env), ...settingsOf(given) }
}

// A browser takes localhost and 127.0.0.1 for two origins; people type both.
function originsOf(uiUrl: string): string[] {
  const { origin } = new URL(uiUrl)
  return [...new Set([origin, origin.replace('127.0.0.1', 'localhost')])]
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

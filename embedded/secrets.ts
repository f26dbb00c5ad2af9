import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const names = ['DATA_KEYS', 'DATA_HASH_KEY', 'CODEC_KEYS'] as const

/** Keys in the format of the variables: key rings are `keyId:base64[,keyId:base64...]`, the first is the current one. */
export type Secrets = Record<(typeof names)[number], string>

const keyBytes = 32

/** The keys of this data folder, made at its first start and kept in `secrets.json`, which its owner alone may read. */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json')
  if (!existsSync(file))
    keep(file, { DATA_KEYS: `1:${newKey()}`, DATA_HASH_KEY: newKey(), CODEC_KEYS: `1:${newKey()}` })
  return check(JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>, file)
}

function newKey(): string {
  return randomBytes(keyBytes).toString('base64')
}

// Synced before anything is encrypted with them: data whose key is lost is lost.
function keep(file: string, secrets: Secrets): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function check(secrets: Partial<Secrets>, file: string): Secrets {
  const { DATA_KEYS, DATA_HASH_KEY, CODEC_KEYS } = secrets
  if (DATA_KEYS && DATA_HASH_KEY && CODEC_KEYS) return { DATA_KEYS, DATA_HASH_KEY, CODEC_KEYS }
  const missing = names.filter((name) => !secrets[name])
  throw new Error(
    `${file} lacks ${missing.join(', ')}. Bring it back from a copy: without its keys nothing here can be read.`,
  )
}

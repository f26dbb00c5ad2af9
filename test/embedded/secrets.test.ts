import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadSecrets } from '../../embedded/secrets.ts'
import { scratchFolder } from './scratch.ts'

test('the first start makes keys of 32 bytes that later starts find again', () => {
  const folder = scratchFolder()
  const secrets = loadSecrets(folder)
  for (const ring of [secrets.DATA_KEYS, secrets.CODEC_KEYS]) {
    const [id, key = ''] = ring.split(':')
    expect(id).toBe('1')
    expect(Buffer.from(key, 'base64')).toHaveLength(32)
  }
  expect(Buffer.from(secrets.DATA_HASH_KEY, 'base64')).toHaveLength(32)
  expect(new Set(Object.values(secrets).map((text) => text.replace('1:', ''))).size).toBe(3)
  expect(loadSecrets(folder)).toEqual(secrets)
})

test('nobody else may read the keys', () => {
  const folder = scratchFolder()
  loadSecrets(folder)
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600)
})

test('a file that lost a key is refused and left alone: a new key could read nothing', () => {
  const folder = scratchFolder()
  const { DATA_KEYS, CODEC_KEYS } = loadSecrets(folder)
  const file = join(folder, 'secrets.json')
  writeFileSync(file, JSON.stringify({ DATA_KEYS, CODEC_KEYS }))
  expect(() => loadSecrets(folder)).toThrow('lacks DATA_HASH_KEY')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ DATA_KEYS, CODEC_KEYS })
})

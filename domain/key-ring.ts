/** Encryption keys by id: the current one encrypts, every one decrypts, so that keys can be changed without losing data. */
export type KeyRing = {
  current: { id: string; key: Uint8Array }
  find: (id: string) => Uint8Array | undefined
}

const keyBytes = 32
const keyIdPattern = /^[A-Za-z0-9_-]{1,64}$/
const howToMake = 'make one with "openssl rand -base64 32"'

/**
 * Reads `id:base64,id2:base64`: keys of 32 bytes, the first one encrypts, every one decrypts.
 * @throws Error naming the place and id of the key that is wrong, never the key.
 */
export function parseKeyRing(text: string): KeyRing {
  const entries = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1))
  const [current] = entries
  if (!current) throw new Error(`No key given: write id:base64 and ${howToMake}`)
  const keys = new Map(entries.map(({ id, key }) => [id, key]))
  if (keys.size < entries.length) throw new Error('Two keys have the same id: give each its own')
  return { current, find: (id) => keys.get(id) }
}

function parseKey(entry: string, place: number): KeyRing['current'] {
  const colon = entry.indexOf(':')
  const id = entry.slice(0, colon)
  if (colon < 0 || !keyIdPattern.test(id)) {
    throw new Error(`Key ${place} has no valid id: write id:base64, the id in 1 to 64 letters, digits, _ or -`)
  }
  const base64 = entry.slice(colon + 1)
  const key = bytesOf(base64)
  if (!key) throw new Error(`Key ${place} ("${id}") is not base64: ${howToMake}`)
  if (key.length !== keyBytes) {
    throw new Error(`Key ${place} ("${id}") has ${key.length} bytes, not ${keyBytes}: ${howToMake}`)
  }
  return { id, key }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    const binary = atob(base64)
    if (btoa(binary) !== base64) return undefined
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

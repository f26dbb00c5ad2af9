import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { KeyRing } from '../domain/key-ring.ts'

/** Encrypts what must not lie in clear in the database, and finds it again by a keyed hash. */
export type Seal = {
  seal: (text: string) => Buffer
  /** @throws Error when the key is unknown or the bytes were changed. */
  open: (sealed: Buffer) => string
  /** The same text gives the same hash under one installation's key: for look-up, never for display. */
  hash: (text: string) => Buffer
}

const ivBytes = 12
const tagBytes = 16

/** AES-256-GCM (NIST SP 800-38D), the key's id in front and authenticated; look-up by HMAC-SHA-256. */
export function createSeal(options: { keys: KeyRing; hashKey: Uint8Array }): Seal {
  return {
    seal: (text) => {
      const keyId = Buffer.from(options.keys.current.id)
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', options.keys.current.key, iv, { authTagLength: tagBytes })
      cipher.setAAD(keyId)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(keyId.length), keyId, iv, body, cipher.getAuthTag()])
    },
    open: (sealed) => {
      const idLength = sealed[0] ?? 0
      const keyId = sealed.subarray(1, 1 + idLength)
      const key = options.keys.find(keyId.toString())
      if (!key) throw new Error(`Sealed with key "${keyId.toString()}", which DATA_KEYS does not hold: add it there`)
      const iv = sealed.subarray(1 + idLength, 1 + idLength + ivBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
      decipher.setAAD(keyId)
      decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
      const body = sealed.subarray(1 + idLength + ivBytes, sealed.length - tagBytes)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    },
    hash: (text) => createHmac('sha256', options.hashKey).update(text, 'utf8').digest(),
  }
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import type { KeyRing } from '../../domain/key-ring.ts'

export class UndecodablePayload extends Error {
  override name = 'UndecodablePayload'
}

const { Payload: PayloadMessage } = proto.temporal.api.common.v1
const encryptedEncoding = 'binary/encrypted'
const keyIdField = 'encryption-key-id'
const ivBytes = 12
const tagBytes = 16

/**
 * Encrypts whole payloads with AES-256-GCM (NIST SP 800-38D), so that what Temporal stores can't be read without a key.
 * What isn't encrypted passes `decode` unchanged. A key is good for 2^32 payloads (SP 800-38D, 8.3): put a new one first before.
 */
export function createCodec(keys: KeyRing): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(keys.current, payload)),
    decode: async (payloads) => payloads.map((payload) => (isEncrypted(payload) ? decrypt(keys, payload) : payload)),
  }
}

function encrypt({ id, key }: KeyRing['current'], payload: Payload): Payload {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(additionalData(id))
  const body = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()])
  return {
    metadata: { encoding: Buffer.from(encryptedEncoding), [keyIdField]: Buffer.from(id) },
    data: Buffer.concat([iv, body, cipher.getAuthTag()]),
  }
}

function decrypt(keys: KeyRing, payload: Payload): Payload {
  const id = Buffer.from(payload.metadata?.[keyIdField] ?? []).toString()
  const key = keys.find(id)
  if (!key)
    throw new UndecodablePayload(`Payload encrypted with key "${id}", which CODEC_KEYS does not hold: add it there`)
  const data = Buffer.from(payload.data ?? [])
  if (data.length < ivBytes + tagBytes) throw changed(id)
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAAD(additionalData(id))
  decipher.setAuthTag(data.subarray(data.length - tagBytes))
  try {
    const body = data.subarray(ivBytes, data.length - tagBytes)
    return PayloadMessage.decode(Buffer.concat([decipher.update(body), decipher.final()]))
  } catch (cause) {
    throw changed(id, cause)
  }
}

function isEncrypted(payload: Payload): boolean {
  return Buffer.from(payload.metadata?.encoding ?? []).toString() === encryptedEncoding
}

function additionalData(keyId: string): Buffer {
  return Buffer.from(`${encryptedEncoding}\0${keyId}`)
}

function changed(keyId: string, cause?: unknown): UndecodablePayload {
  const message = `Payload was changed after encryption, or key "${keyId}" has another value here: compare CODEC_KEYS`
  return new UndecodablePayload(message, { cause })
}

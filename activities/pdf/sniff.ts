import { hasPdfHeader } from './inspect.ts'

export const knownTypes = [
  'application/pdf',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
  'image/gif',
  'text/plain',
] as const
export type KnownType = (typeof knownTypes)[number]

const signatures: { type: KnownType; bytes: number[]; at?: number }[] = [
  { type: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { type: 'image/tiff', bytes: [0x49, 0x49, 0x2a, 0x00] },
  { type: 'image/tiff', bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { type: 'image/webp', bytes: [0x57, 0x45, 0x42, 0x50], at: 8 },
  { type: 'image/gif', bytes: [0x47, 0x49, 0x46, 0x38] },
]

/** What a document is by its content; text is UTF-8 without control characters. */
export function sniffType(bytes: Uint8Array): KnownType | undefined {
  const found = signatures.find(({ bytes: wanted, at = 0 }) =>
    wanted.every((byte, index) => bytes[at + index] === byte),
  )
  if (found) return found.type
  if (hasPdfHeader(bytes)) return 'application/pdf'
  return decodeText(bytes) === undefined ? undefined : 'text/plain'
}

/** Text as UTF-8 or, with its mark, UTF-16; undefined where it is something else. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
    // eslint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000b\u000e-\u001f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
}

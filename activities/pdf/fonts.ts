import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as fontkit from '@cantoo/fontkit'
import type { PDFDocument, PDFFont } from 'pdf-lib'

/** Noto Sans covers Norwegian and all Sámi alphabets; the fourteen fonts that every reader has do not. */
const files = { regular: 'NotoSans-Regular.ttf', bold: 'NotoSans-Bold.ttf' } as const
export type FontName = keyof typeof files

type Fontkit = Parameters<PDFDocument['registerFontkit']>[0]
type ParsedFont = ReturnType<Fontkit['create']>
const bytesOf = new Map<FontName, Uint8Array>()
const parsed = new WeakMap<Uint8Array, ParsedFont>()
const characters = new WeakMap<PDFFont, Set<number>>()

/** Parsing a font costs more than making the rest of a letter: each is parsed once. */
const parsedOnce: Fontkit = {
  create: (bytes) => {
    const font = parsed.get(bytes) ?? (fontkit as Fontkit).create(bytes)
    parsed.set(bytes, font)
    return font
  },
}

/** Embedded as a subset, so that a letter looks the same everywhere. */
export function embedFont(document: PDFDocument, name: FontName): Promise<PDFFont> {
  document.registerFontkit(parsedOnce)
  return document.embedFont(fontBytes(name), { subset: true })
}

export function hasCharacter(font: PDFFont, character: string): boolean {
  const known = characters.get(font) ?? new Set(font.getCharacterSet())
  characters.set(font, known)
  return known.has(character.codePointAt(0) ?? 0)
}

function fontBytes(name: FontName): Uint8Array {
  const known = bytesOf.get(name)
  if (known) return known
  const program = import.meta.resolve('@embedpdf/fonts-latin')
  const bytes = new Uint8Array(readFileSync(fileURLToPath(new URL(`../fonts/${files[name]}`, program))))
  bytesOf.set(name, bytes)
  return bytes
}

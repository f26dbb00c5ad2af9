import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as fontkit from '@cantoo/fontkit'
import type { PDFDocument, PDFFont } from 'pdf-lib'

/** Noto Sans covers Norwegian and all Sámi alphabets; the fourteen fonts that every reader has do not. */
const files = { regular: 'NotoSans-Regular.ttf', bold: 'NotoSans-Bold.ttf' } as const
export type FontName = keyof typeof files

const loaded = new Map<FontName, Uint8Array>()

/** Embedded as a subset, so that a letter looks the same everywhere. */
export function embedFont(document: PDFDocument, name: FontName): Promise<PDFFont> {
  document.registerFontkit(fontkit)
  return document.embedFont(fontBytes(name), { subset: true })
}

function fontBytes(name: FontName): Uint8Array {
  const known = loaded.get(name)
  if (known) return known
  const program = import.meta.resolve('@embedpdf/fonts-latin')
  const bytes = readFileSync(fileURLToPath(new URL(`../fonts/${files[name]}`, program)))
  loaded.set(name, bytes)
  return bytes
}

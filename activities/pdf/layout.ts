import type { PDFFont } from 'pdf-lib'
import { UnacceptableDocument } from '../../domain/errors.ts'
import { hasCharacter } from './fonts.ts'

const pointsPerMm = 72 / 25.4

export function points(mm: number): number {
  return mm * pointsPerMm
}

/** Text in the form and with the characters that the font can draw. @throws UnacceptableDocument unprintableCharacters */
export function drawable(text: string, font: PDFFont): string {
  const composed = text.normalize('NFC').replaceAll('\t', '    ')
  for (const character of composed)
    if (character !== '\n' && !hasCharacter(font, character))
      throw new UnacceptableDocument('unprintableCharacters', `The letter's font has no character ${codeOf(character)}`)
  return composed
}

/** The same for what must be drawn whatever it holds: a character that the font lacks becomes a question mark. */
export function drawableOrMarked(text: string, font: PDFFont): string {
  return [...text.normalize('NFC')].map((each) => (hasCharacter(font, each) ? each : '?')).join('')
}

/** Breaks at spaces, and within words that are longer than the line. */
export function wrap(text: string, given: { font: PDFFont; size: number; width: number }): string[] {
  const { font, size } = given
  const width = (given.width / size) * 1000
  const lines: string[] = []
  let line = ''
  let filled = 0
  const add = (piece: string) => {
    line += piece
    filled += widthOf(piece, font)
  }
  const end = () => {
    lines.push(line.trimEnd())
    line = ''
    filled = 0
  }
  for (const word of text.split(/(?<= )/)) {
    if (filled + widthOf(word.trimEnd(), font) > width && line.trim() !== '') end()
    if (filled + widthOf(word.trimEnd(), font) <= width) {
      add(word)
      continue
    }
    for (const character of word) {
      if (filled + widthOf(character, font) > width && line !== '') end()
      add(character)
    }
  }
  return [...lines, line.trimEnd()]
}

const widths = new WeakMap<PDFFont, Map<string, number>>()

/** In thousandths of the font's size, character by character: laying out whole lines takes seconds for a long text. */
function widthOf(text: string, font: PDFFont): number {
  const known = widths.get(font) ?? new Map<string, number>()
  widths.set(font, known)
  let sum = 0
  for (const character of text) {
    const width = known.get(character) ?? font.widthOfTextAtSize(character, 1000)
    known.set(character, width)
    sum += width
  }
  return sum
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

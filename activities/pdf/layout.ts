import type { PDFFont } from 'pdf-lib'
import { UnacceptableDocument } from '../../domain/errors.ts'

const pointsPerMm = 72 / 25.4

export function points(mm: number): number {
  return mm * pointsPerMm
}

/** Text in the form and with the characters that the font can draw. @throws UnacceptableDocument unprintableCharacters */
export function drawable(text: string, font: PDFFont): string {
  const composed = text.normalize('NFC').replaceAll('\t', '    ')
  const known = new Set(font.getCharacterSet())
  for (const character of composed)
    if (!known.has(character.codePointAt(0) ?? 0) && character !== '\n')
      throw new UnacceptableDocument('unprintableCharacters', `The letter's font has no character ${codeOf(character)}`)
  return composed
}

/** The same for what must be drawn whatever it holds: a character that the font lacks becomes a question mark. */
export function drawableOrMarked(text: string, font: PDFFont): string {
  const known = new Set(font.getCharacterSet())
  return [...text.normalize('NFC')].map((each) => (known.has(each.codePointAt(0) ?? 0) ? each : '?')).join('')
}

/** Breaks at spaces, and within words that are longer than the line. */
export function wrap(text: string, given: { font: PDFFont; size: number; width: number }): string[] {
  const { font, size, width } = given
  const fits = (line: string) => font.widthOfTextAtSize(line, size) <= width
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<= )/)) {
    if (fits((line + word).trimEnd())) {
      line += word
      continue
    }
    if (line.trim() !== '') lines.push(line.trimEnd())
    line = ''
    for (const character of word) {
      if (!fits(line + character) && line !== '') {
        lines.push(line)
        line = ''
      }
      line += character
    }
  }
  return [...lines, line.trimEnd()]
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

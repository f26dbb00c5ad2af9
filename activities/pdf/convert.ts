import { setImmediate as letOthersRun } from 'node:timers/promises'
import { PDFDocument } from 'pdf-lib'
import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { UnacceptableDocument } from '../../domain/errors.ts'
import { a4 } from '../../domain/print-rules.ts'
import { finish } from './finish.ts'
import { embedFont } from './fonts.ts'
import { drawable, points, wrap } from './layout.ts'
import { decodeText, knownTypes, sniffType } from './sniff.ts'

/** What becomes a PDF here, by its MIME type. */
export const convertibleTypes = knownTypes

/** Clear of the control marks that inserting machines print. @see Digdir, Sikker digital post, brev (2017): 18 mm */
const marginMm = 18
const page = { width: points(a4.widthMm), height: points(a4.heightMm) }
const printArea = { width: points(a4.widthMm - 2 * marginMm), height: points(a4.heightMm - 2 * marginMm) }
const text = { size: 11, leading: 15 }
/** Printers resolve no more. */
const dotsPerInch = 300

/**
 * The document as PDF; a PDF is passed through as it is.
 * @throws UnacceptableDocument unsupportedType, typeMismatch, unreadableImage, unprintableCharacters
 */
export async function toPdf(bytes: Uint8Array, mimeType: string): Promise<Uint8Array> {
  const declared = knownTypes.find((type) => type === mimeType.toLowerCase())
  if (!declared)
    throw new UnacceptableDocument('unsupportedType', `Documents of type ${mimeType} can't be made into PDF`)
  const found = sniffType(bytes)
  if (declared === 'application/pdf') {
    if (found !== declared) throw new UnacceptableDocument('notAPdf', 'The document is called a PDF and is none')
    return bytes
  }
  if (found !== declared)
    throw new UnacceptableDocument(
      'typeMismatch',
      `The document is called ${declared} and is ${found ?? 'something else'}`,
    )
  return declared === 'text/plain' ? textToPdf(bytes) : imageToPdf(bytes)
}

async function textToPdf(bytes: Uint8Array): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  const font = await embedFont(document, 'regular')
  const content = (decodeText(bytes) ?? '').replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  const linesOfPage = Math.floor(printArea.height / text.leading)
  const sections = content.trimEnd().split('\f')
  for (const section of sections) {
    const lines = drawable(section.trimEnd(), font)
      .split('\n')
      .flatMap((line) => wrap(line, { font, size: text.size, width: printArea.width }))
    for (let first = 0; first === 0 || first < lines.length; first += linesOfPage) {
      const sheet = document.addPage([page.width, page.height])
      lines.slice(first, first + linesOfPage).forEach((line, index) => {
        const y = page.height - points(marginMm) - text.size - index * text.leading
        if (line !== '') sheet.drawText(line, { x: points(marginMm), y, size: text.size, font })
      })
      await letOthersRun()
    }
  }
  return finish(document)
}

/** Upright by its EXIF mark, on A4, never enlarged beyond its own size. Every page of a TIFF becomes one; of what moves, the first picture. */
async function imageToPdf(bytes: Uint8Array): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  try {
    const { format, pages = 1 } = await sharp(bytes).metadata()
    for (let number = 0; number < (format === 'tiff' ? pages : 1); number += 1)
      await addImagePage(document, sharp(bytes, { page: number }))
  } catch (cause) {
    throw new UnacceptableDocument('unreadableImage', "The image is damaged and can't be read", { cause })
  }
  return finish(document)
}

async function addImagePage(document: PDFDocument, image: Sharp): Promise<void> {
  const { width, height } = shownSize(await image.metadata())
  const pixels = (length: number) => Math.max(1, Math.round((length / 72) * dotsPerInch))
  const jpeg = await image
    .autoOrient()
    .resize({ width: pixels(width), height: pixels(height), fit: 'fill', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 88 })
    .toBuffer()
  const sheet = document.addPage([page.width, page.height])
  sheet.drawImage(await document.embedJpg(jpeg), {
    x: (page.width - width) / 2,
    y: page.height - points(marginMm) - height,
    width,
    height,
  })
}

/** As large as its own density says, or as fits between the margins. */
function shownSize({ autoOrient, density = 72 }: Metadata): { width: number; height: number } {
  const natural = 72 / Math.max(density, 72)
  const scale = Math.min(natural, printArea.width / autoOrient.width, printArea.height / autoOrient.height)
  return { width: autoOrient.width * scale, height: autoOrient.height * scale }
}

import { PDFDict, PDFDocument, PDFName } from 'pdf-lib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { toPdf } from '../../../activities/pdf/convert.ts'
import type { FrontPage } from '../../../activities/pdf/front-page.ts'
import { inspectPdf } from '../../../activities/pdf/inspect.ts'
import { mergeLetter } from '../../../activities/pdf/merge.ts'
import { addressBox, addressCorner } from '../../../domain/print-rules.ts'
import { encryptedPdf } from '../../../tools/demo-documents.ts'
import {
  aLandscapePdf,
  aPdf,
  aPdfWithActiveContent,
  aPdfWithFilledForm,
  aPdfWithHiddenLayer,
  aPdfWithInheritedAttributes,
  aPdfWithLinks,
  aPdfWithMalformedCatalog,
  anEncryptedPdf,
  annotationsOf,
  cutOff,
} from '../../factories/pdf.ts'
import { render, textOf } from './ink.ts'

const frontPage: FrontPage = {
  recipient: { name: 'Kari Nordmann', addressLines: ['Storgata 1', '0155 Oslo'] },
  sender: { name: 'Lillevik kommune', addressLines: ['Rådhusgata 1', '1234 Lillevik'] },
  title: 'Vedtak om barnehageplass',
  reference: '17',
  date: new Date('2026-11-24T12:00:00Z'),
  documents: [{ fileName: 'vedtak.pdf', pages: 1 }],
  language: 'nb',
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const letterOf = async (...parts: Uint8Array[]) => (await mergeLetter({ frontPage, parts })).bytes
const frontOf = async (changed: Partial<FrontPage>) =>
  (await mergeLetter({ frontPage: { ...frontPage, ...changed }, parts: [] })).bytes
const corner = { rightMm: addressCorner.widthMm, bottomMm: addressCorner.heightMm }
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { code?: string }) => error.code,
  )

describe('the front page', () => {
  it('has the address inside the window and nothing but the sender line in the corner around it', async () => {
    for (const recipient of [
      frontPage.recipient,
      { name: 'W'.repeat(100), addressLines: ['W'.repeat(70), 'W'.repeat(70), 'W'.repeat(70), '0155 Oslo', 'SVERIGE'] },
    ]) {
      const page = render(await frontOf({ recipient, title: 'Æ'.repeat(300) }))
      const window = {
        leftMm: addressBox.leftMm,
        topMm: addressBox.topMm - 1,
        rightMm: addressBox.rightMm + 1,
        bottomMm: addressBox.bottomMm + 1,
      }
      const senderLine = { ...window, topMm: 40, bottomMm: window.topMm }
      expect(page.dark(window)).toBeGreaterThan(100)
      expect(page.dark(corner)).toBe(page.dark(window) + page.dark(senderLine))
    }
  })

  it('has every line of the longest address that the rules let in', async () => {
    const addressLines = ['W'.repeat(70), 'W'.repeat(70), `${'W'.repeat(69)}Q`, `0155 ${'W'.repeat(69)}Z`, 'SVERIGE']
    const bytes = await frontOf({ recipient: { name: 'M'.repeat(100), addressLines } })
    const text = textOf(bytes)
    for (const mark of ['Q', 'Z', 'SVERIGE']) expect(text).toContain(mark)
    expect(text.replaceAll(/[^M]/g, '')).toHaveLength(100)
    expect(
      render(bytes).dark({
        rightMm: addressCorner.widthMm,
        topMm: addressBox.bottomMm + 1,
        bottomMm: addressCorner.heightMm,
      }),
    ).toBe(0)
  })

  it('prints every letter of Norwegian and Sámi, not only its text', async () => {
    const blank = render(await frontOf({ title: ' ' })).dark()
    for (const letter of 'æøåÆØÅáčđŋšŧžÁČĐŊŠŦŽïäöüéôòâǯʒǩǧǥ') {
      const title = letter.repeat(20)
      const bytes = await frontOf({ title })
      expect(render(bytes).dark() - blank, letter).toBeGreaterThan(100)
      expect(textOf(bytes)).toContain(title)
    }
  }, 60_000)

  it("says it in the recipient's language", async () => {
    const words = { nb: 'Forsendelse', nn: 'Sending', en: 'Shipment' } as const
    for (const language of ['nb', 'nn', 'en'] as const)
      expect(textOf(await frontOf({ language }))).toContain(words[language])
  })

  it('is made of whatever a title holds, and of many documents, without leaving the page', async () => {
    const documents = Array.from({ length: 100 }, (_, index) => ({ fileName: `vedlegg ${index}.pdf`, pages: 1 }))
    const page = render(await frontOf({ title: '漢字 🙂 tittel', documents }))
    expect(page.dark({ topMm: 285 })).toBe(0)
    expect(page.dark({ topMm: 100 })).toBeGreaterThan(500)
  })
})

describe('a letter', () => {
  it('is the front page and then the documents, in their order', async () => {
    const letter = await letterOf(await aPdf({ pages: 2 }), await aPdf({ text: 'second document' }))
    const pages = textOf(letter).split('\f')
    expect(pages).toHaveLength(5)
    expect(pages.map((text) => text.trim()).slice(1, 4)).toEqual(['page 1', 'page 2', 'second document'])
  })

  it('is the same to the byte when it is made again', async () => {
    const parts = [await aPdf({ pages: 2 }), await toPdf(utf8('Hei'), 'text/plain')]
    expect(Buffer.from(await letterOf(...parts)).equals(Buffer.from(await letterOf(...parts)))).toBe(true)
  })

  it('keeps hidden layers hidden', async () => {
    const page = render(await letterOf(await aPdfWithHiddenLayer()), 2)
    expect(page.dark({ leftMm: 40, topMm: 160, rightMm: 140, bottomMm: 260 })).toBe(0)
    expect(page.dark()).toBeGreaterThan(50)
  })

  it('shows what was filled into a form, also of two documents with the same field', async () => {
    const letter = await letterOf(await aPdfWithFilledForm('Ola'), await aPdfWithFilledForm('Kari'))
    const pages = textOf(letter).split('\f')
    expect(pages[1]).toContain('Ola')
    expect(pages[2]).toContain('Kari')
    const form = (await PDFDocument.load(letter)).getForm()
    expect(form.getFields().map((field) => field.getName())).toEqual(['d1.name', 'd2.name'])
  })

  it('does not lose what pages inherit', async () => {
    const letter = await letterOf(await aPdfWithInheritedAttributes())
    expect(textOf(letter)).toContain('inherited')
    expect(render(letter, 2).dark()).toBeGreaterThan(50)
    expect(render(letter, 2).widthMm).toBeCloseTo(210, 0)
  })

  it('has links that lead to its own pages, and no page tree of the original', async () => {
    const letter = await PDFDocument.load(await letterOf(await aPdfWithLinks(3)))
    const [link] = annotationsOf(letter, 1)
    expect(String(link?.lookup(PDFName.of('Dest')))).toContain(String(letter.getPage(3).ref))
    const trees = letter.context
      .enumerateIndirectObjects()
      .filter(([, object]) => object instanceof PDFDict && String(object.get(PDFName.of('Type'))) === '/Pages')
    expect(trees).toHaveLength(1)
  })

  it('takes documents that anyone can open, encrypted or not', async () => {
    const letter = await letterOf(await anEncryptedPdf(''))
    expect(textOf(letter)).toContain('page 1')
    expect(render(letter, 2).dark()).toBeGreaterThan(50)
  })

  it("carries nothing that would act in the reader's hands, and looks the same", async () => {
    const active = await aPdfWithActiveContent()
    const letter = await letterOf(active)
    for (const mark of [
      '/JavaScript',
      '/JS',
      '/Launch',
      '/EmbeddedFile',
      '/EF',
      '/XFA',
      '/ByteRange',
      '/AA',
      'evil.exe',
    ]) {
      expect(Buffer.from(active).includes(mark) || mark === '/EmbeddedFile', mark).toBe(true)
      expect(Buffer.from(letter).includes(mark), mark).toBe(false)
    }
    expect(Buffer.from(letter).includes('https://example.no/')).toBe(true)
    expect(textOf(letter).split('\f')[1]).toContain('Ola')
  })

  it('keeps landscape pages as they are', async () => {
    expect(render(await letterOf(await aLandscapePdf()), 2).dark()).toBeGreaterThan(5_000)
  })
})

describe('a document that can not be part of a letter is refused with a code', () => {
  it('encrypted, with a password that was not sent along', async () => {
    expect(await codeOf(inspectPdf(await anEncryptedPdf('secret')))).toBe('encryptedPdf')
    expect(await codeOf(inspectPdf(encryptedPdf().bytes))).toBe('encryptedPdf')
  })

  it('damaged or cut off', async () => {
    const whole = await aPdf({ pages: 3 })
    for (const share of [0.2, 0.5, 0.8]) {
      const verdict = await codeOf(inspectPdf(whole.slice(0, Math.floor(whole.length * share))))
      expect(['unreadablePdf', 'pdfWithoutPages']).toContain(verdict)
    }
    expect(await codeOf(inspectPdf(utf8('%PDF-1.7 nothing')))).toBe('unreadablePdf')
  })

  it('damaged so that a page or its contents are gone, never with fewer pages', async () => {
    const whole = await aPdf({ pages: 5 })
    for (let share = 0.02; share < 0.98; share += 0.02) {
      expect(await codeOf(inspectPdf(whole.slice(0, Math.floor(whole.length * share))))).not.toBe('accepted')
      const verdict = await inspectPdf(cutOff(whole, share)).catch((error: { code: string }) => error.code)
      if (typeof verdict === 'object') {
        expect(verdict).toEqual({ pages: 5 })
        const text = textOf(await letterOf(cutOff(whole, share)))
        expect(text.match(/page \d/g), String(share)).toHaveLength(5)
      }
    }
    const padded = Buffer.concat([whole, Buffer.alloc(5_000), utf8('\r\n')])
    expect(await inspectPdf(padded)).toEqual({ pages: 5 })
  })

  it('whole, but not built as a PDF must be: refused by its place in the letter', async () => {
    const parts = [await aPdf(), await aPdfWithMalformedCatalog()]
    await expect(mergeLetter({ frontPage, parts })).rejects.toMatchObject({
      part: 1,
      refusal: { code: 'unreadablePdf' },
    })
  })

  it('called what it is not', async () => {
    expect(await codeOf(toPdf(Buffer.concat([utf8('MZ'), Buffer.alloc(2_000)]), 'application/pdf'))).toBe('notAPdf')
    expect(await codeOf(toPdf(utf8('just text'), 'image/png'))).toBe('typeMismatch')
    expect(await codeOf(toPdf(await aPdf(), 'text/plain'))).toBe('typeMismatch')
  })

  it('of a kind that has no converter', async () => {
    expect(await codeOf(toPdf(utf8('PK'), 'application/vnd.oasis.opendocument.text'))).toBe('unsupportedType')
  })

  it('an image that is damaged, and text with characters that would print blank', async () => {
    const png = await sharp({ create: { width: 400, height: 400, channels: 3, background: '#123456' } })
      .png()
      .toBuffer()
    expect(await codeOf(toPdf(png.subarray(0, 60), 'image/png'))).toBe('unreadableImage')
    for (const text of ['漢字', 'smil 🙂'])
      expect(await codeOf(toPdf(utf8(text), 'text/plain'))).toBe('unprintableCharacters')
    expect(await codeOf(toPdf(utf8('a\0b'), 'text/plain'))).toBe('typeMismatch')
  })
})

describe('other documents become PDF', () => {
  it('text, with its lines, its æøå, its page breaks and lines that are too long', async () => {
    const pdf = await toPdf(
      utf8(`Bokmål æøå č đ ŋ\r\n\tinnrykk\n${'lang '.repeat(60)}\n${'x'.repeat(300)}\fside to`),
      'text/plain',
    )
    expect(await inspectPdf(pdf)).toEqual({ pages: 2 })
    const text = textOf(pdf)
    for (const words of ['Bokmål æøå č đ ŋ', 'innrykk', 'side to']) expect(text).toContain(words)
    expect(text.replaceAll(/[^x]/g, '')).toHaveLength(300)
    expect(render(pdf).dark({ leftMm: 195 })).toBe(0)
  })

  it('text of many lines becomes many pages, empty text one', async () => {
    expect(await inspectPdf(await toPdf(utf8('linje\n'.repeat(200)), 'text/plain'))).toEqual({ pages: 5 })
    expect(await inspectPdf(await toPdf(new Uint8Array(), 'text/plain'))).toEqual({ pages: 1 })
    expect(await inspectPdf(await toPdf(Buffer.from('\uFEFFhei', 'utf16le'), 'text/plain'))).toEqual({ pages: 1 })
  })

  it('images of every kind, upright and never enlarged', async () => {
    const image = sharp({ create: { width: 120, height: 60, channels: 3, background: '#000000' } })
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const) {
      const page = render(await toPdf(await image.clone().toFormat(format).toBuffer(), `image/${format}`))
      expect(page.dark(), format).toBeGreaterThan(120 * 60 * 0.9)
      expect(page.dark(), format).toBeLessThan(120 * 60 * 1.1)
    }
    const turned = await image.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer()
    const page = render(await toPdf(turned, 'image/jpeg'))
    const belowTheLandscape = { topMm: 18 + 25 }
    expect(page.dark(belowTheLandscape)).toBeGreaterThan(1_000)
  })

  it('text ends where its words end, and a long one in a few seconds', async () => {
    for (const end of ['\n', '\f', '\r\n\f\n', ' \n\n\n'])
      expect(await inspectPdf(await toPdf(utf8(`${'linje\n'.repeat(48)}linje${end}`), 'text/plain'))).toEqual({
        pages: 1,
      })
    const started = performance.now()
    const long = `${'Et langt ord og noen til: forvaltningsvedtak. '.repeat(20)}\n`.repeat(1_000)
    const { pages } = await inspectPdf(await toPdf(utf8(long + 'x'.repeat(100_000)), 'text/plain'))
    expect(pages).toBeGreaterThan(100)
    expect(performance.now() - started).toBeLessThan(20_000)
  }, 60_000)

  it('an image that moves gives its first picture, a TIFF every page', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#00ff00', '#0000ff'].map((background) =>
        sharp({ create: { width: 60, height: 60, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    )
    for (const format of ['gif', 'webp', 'tiff'] as const) {
      const moving = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer()
      expect((await sharp(moving).metadata()).pages, format).toBe(3)
      expect(await inspectPdf(await toPdf(moving, `image/${format}`)), format).toEqual({
        pages: format === 'tiff' ? 3 : 1,
      })
    }
  })

  it('a scan has the size of the paper that was scanned, whatever its density', async () => {
    for (const density of [150, 300, 600]) {
      const [width, height] = [(100 / 25.4) * density, (50 / 25.4) * density].map(Math.round)
      const scan = sharp({ create: { width: width ?? 0, height: height ?? 0, channels: 3, background: '#000000' } })
      const page = render(await toPdf(await scan.jpeg().withMetadata({ density }).toBuffer(), 'image/jpeg'))
      const left = (210 - 100) / 2
      expect(
        page.dark({ leftMm: left + 1, rightMm: left + 99, topMm: 19, bottomMm: 67 }),
        String(density),
      ).toBeGreaterThan(36_000)
      expect(page.dark({ topMm: 69 }) + page.dark({ rightMm: left - 1 })).toBe(0)
    }
  })

  it('a photograph larger than the page fits between the margins', async () => {
    const photo = await sharp({ create: { width: 3_000, height: 4_000, channels: 3, background: '#000000' } })
      .jpeg()
      .toBuffer()
    const page = render(await toPdf(photo, 'image/jpeg'))
    expect(page.dark({ rightMm: 17 })).toBe(0)
    expect(page.dark()).toBeGreaterThan(300_000)
  })
})

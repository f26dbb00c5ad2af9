import type { PDFDocument, PDFFont, PDFPage } from 'pdf-lib'
import { osloWallClock } from '../../domain/norwegian-calendar.ts'
import { a4, addressBox, addressFont, addressCorner } from '../../domain/print-rules.ts'
import type { Language } from '../../domain/shipment.ts'
import { embedFont } from './fonts.ts'
import { drawableOrMarked, points, wrap } from './layout.ts'

export type Party = { name: string; addressLines: string[] }

export type FrontPage = {
  recipient: Party
  sender: Party
  title: string
  reference: string
  date: Date
  documents: { fileName: string; pages: number }[]
  language: Language
}

const words: Record<
  Language,
  { date: string; reference: string; documents: string; pages: (number: number) => string }
> = {
  nb: {
    date: 'Dato',
    reference: 'Forsendelse',
    documents: 'Dokumenter',
    pages: (n) => `${n} ${n === 1 ? 'side' : 'sider'}`,
  },
  nn: { date: 'Dato', reference: 'Sending', documents: 'Dokument', pages: (n) => `${n} ${n === 1 ? 'side' : 'sider'}` },
  en: {
    date: 'Date',
    reference: 'Shipment',
    documents: 'Documents',
    pages: (n) => `${n} ${n === 1 ? 'page' : 'pages'}`,
  },
}

const senderLine = { topMm: 42, sizePt: 7 }
const body = {
  topMm: addressCorner.heightMm + 10,
  leftMm: 20,
  rightMm: 190,
  bottomMm: 275,
  sizePt: 10.5,
  leadingMm: 5.5,
}
const aside = { leftMm: 140, topMm: 46 }
/** Reached by nothing that the rules for addresses let in. */
const smallestPt = 3
const titleFont = { sizePt: 15, leadingMm: 7 }

type Fonts = { regular: PDFFont; bold: PDFFont }

/** The page that shows through the envelope's window, and says what lies behind it. */
export async function addFrontPage(document: PDFDocument, content: FrontPage): Promise<void> {
  const fonts = { regular: await embedFont(document, 'regular'), bold: await embedFont(document, 'bold') }
  const page = document.addPage([points(a4.widthMm), points(a4.heightMm)])
  drawSender(page, content.sender, fonts)
  drawAddress(page, content.recipient, fonts)
  drawAside(page, content, fonts)
  drawBody(page, content, fonts)
}

/** Small and on one line above the address: where the letter goes when it can't be delivered. */
function drawSender(page: PDFPage, sender: Party, { regular }: Fonts): void {
  const text = drawableOrMarked([sender.name, ...sender.addressLines].join(', '), regular)
  const width = points(addressBox.rightMm - addressBox.leftMm)
  const size = shrunk(text, { font: regular, size: senderLine.sizePt, width })
  draw(page, text, { font: regular, size, leftMm: addressBox.leftMm, topMm: senderLine.topMm })
}

/** Never outside the box and never without a line: long lines wrap first, then everything shrinks until all of it fits. */
function drawAddress(page: PDFPage, recipient: Party, { regular }: Fonts): void {
  const width = points(addressBox.rightMm - addressBox.leftMm)
  const texts = [recipient.name, ...recipient.addressLines].map((line) => drawableOrMarked(line, regular))
  let { size, leadingMm, lines } = addressAt(addressFont.sizePt)
  while (lines.length * leadingMm > addressBox.bottomMm - addressBox.topMm && size > smallestPt)
    ({ size, leadingMm, lines } = addressAt(size - 0.5))
  lines.forEach((line, index) => {
    const topMm = addressBox.topMm + index * leadingMm
    draw(page, line, { font: regular, size, leftMm: addressBox.leftMm, topMm })
  })

  function addressAt(sizePt: number) {
    return {
      size: sizePt,
      leadingMm: (addressFont.leadingMm / addressFont.sizePt) * sizePt,
      lines: texts.flatMap((line) => wrap(line, { font: regular, size: sizePt, width })),
    }
  }
}

function drawAside(page: PDFPage, { reference, date, language }: FrontPage, { regular, bold }: Fonts): void {
  const { day, month, year } = osloWallClock(date)
  const two = (value: number) => String(value).padStart(2, '0')
  const rows = [
    [words[language].date, `${two(day)}.${two(month)}.${year}`],
    [words[language].reference, reference],
  ] as const
  rows.forEach(([label, value], index) => {
    const topMm = aside.topMm + index * 11
    draw(page, label, { font: regular, size: 8, leftMm: aside.leftMm, topMm })
    draw(page, value, { font: bold, size: body.sizePt, leftMm: aside.leftMm, topMm: topMm + 4 })
  })
}

function drawBody(page: PDFPage, { title, documents, language }: FrontPage, { regular, bold }: Fonts): void {
  const width = points(body.rightMm - body.leftMm)
  let topMm = body.topMm
  const line = (text: string, style: { font: PDFFont; size: number; leadingMm: number }): void => {
    if (topMm > body.bottomMm) return
    draw(page, text, { ...style, leftMm: body.leftMm, topMm })
    topMm += style.leadingMm
  }
  const heading = { font: bold, size: titleFont.sizePt, leadingMm: titleFont.leadingMm }
  for (const text of wrap(drawableOrMarked(title, bold), { ...heading, width })) line(text, heading)
  if (documents.length === 0) return
  topMm += 6
  line(words[language].documents, { font: bold, size: body.sizePt, leadingMm: body.leadingMm })
  const style = { font: regular, size: body.sizePt, leadingMm: body.leadingMm }
  documents.forEach(({ fileName, pages }, index) => {
    const text = `${index + 1}. ${fileName} (${words[language].pages(pages)})`
    for (const part of wrap(drawableOrMarked(text, regular), { ...style, width })) line(part, style)
  })
}

function shrunk(text: string, { font, size, width }: { font: PDFFont; size: number; width: number }): number {
  return Math.min(size, (size * width) / font.widthOfTextAtSize(text, size))
}

type Place = { font: PDFFont; size: number; leftMm: number; topMm: number }

/** `topMm` is where the line's capitals begin, from the top of the page. */
function draw(page: PDFPage, text: string, { font, size, leftMm, topMm }: Place): void {
  const capitalHeight = 0.714 * size
  page.drawText(text, { x: points(leftMm), y: points(a4.heightMm - topMm) - capitalHeight, size, font })
}

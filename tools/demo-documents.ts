import type { File } from './client.ts'

/** A decision of one page, in plain text. */
export function plainDecision(): File {
  const text = [
    'VEDTAK',
    '',
    'Vi viser til søknaden din. Kommunen har innvilget søknaden.',
    '',
    'Du kan klage på vedtaket innen tre uker etter at du mottok det.',
    '',
    'Med hilsen',
    'Demo kommune',
  ].join('\n')
  return { name: 'vedtak.txt', type: 'text/plain', bytes: new TextEncoder().encode(text) }
}

/** A PDF of one page, written by hand: the smallest thing that a case system might send. */
export function plainPdf(): File {
  const content = 'BT /F1 14 Tf 72 720 Td (Faktura: kr 250,-) Tj ET'
  return { name: 'faktura.pdf', type: 'application/pdf', bytes: pdf(content, '') }
}

/** A PDF that only opens with a password nobody sent along. */
export function encryptedPdf(): File {
  const noise = 'a7'.repeat(32)
  const encrypt = `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${noise}> /U <${noise}> /P -4 >> /ID [<${noise}> <${noise}>]`
  return { name: 'passord.pdf', type: 'application/pdf', bytes: pdf('', encrypt) }
}

function pdf(content: string, trailer: string): Uint8Array {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let text = '%PDF-1.4\n'
  const offsets: number[] = []
  objects.forEach((object, index) => {
    offsets.push(text.length)
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
  })
  const xref = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  text += `xref\n0 ${size}\n0000000000 65535 f \n${xref}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${text.length}\n%%EOF\n`
  return new TextEncoder().encode(text)
}

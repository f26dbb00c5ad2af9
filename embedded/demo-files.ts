import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// A synthetic person (month + 80) with right check digits, and an address of a domain that is reserved for examples.
const shipment = {
  title: 'Tilbud om barnehageplass',
  recipient: {
    personId: '15888012394',
    name: 'Kari Prøve',
    email: 'kari@example.com',
    address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' },
  },
  documents: [{ fileName: 'letter.txt', mimeType: 'text/plain' }],
  unreadPeriod: { amount: 60, unit: 'seconds' },
}

const letter = `Tilbud om barnehageplass

Hei Kari!

Vi har gleden av å tilby plass fra august. Svar innen tre uker.

Vennlig hilsen
Prøve kommune
`

/** Makes the two files that the first letter is sent with. */
export function makeDemoFiles(dataDir: string): { shipmentFile: string; letterFile: string } {
  const folder = join(dataDir, 'demo')
  mkdirSync(folder, { recursive: true })
  const shipmentFile = join(folder, 'shipment.json')
  const letterFile = join(folder, 'letter.txt')
  writeFileSync(shipmentFile, `${JSON.stringify(shipment, null, 2)}\n`)
  writeFileSync(letterFile, letter)
  return { shipmentFile, letterFile }
}

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Addresses } from './child-environment.ts'
import { makeDemoFiles } from './demo-files.ts'

type Greeting = { dataDir: string; addresses: Addresses; apiKey: string }

/** Writes `postgang.json`, where scripts find what `greetingLines` tells people. */
export function writeFacts({ dataDir, addresses, apiKey }: Greeting): void {
  const { apiUrl, docsUrl, temporalUiUrl } = addresses
  const file = join(dataDir, 'postgang.json')
  const facts = JSON.stringify({ apiUrl, docsUrl, temporalUiUrl, apiKey }, null, 2)
  writeFileSync(`${file}.new`, `${facts}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export function greetingLines({ dataDir, addresses, apiKey }: Greeting): string[] {
  const { shipmentFile, letterFile } = makeDemoFiles(dataDir)
  const { apiUrl, docsUrl, temporalUiUrl } = addresses
  return [
    'Postgang runs. Ctrl-C stops it.',
    `  API          ${apiUrl}`,
    `  API docs     ${docsUrl}`,
    ...(temporalUiUrl === undefined ? [] : [`  Temporal UI  ${temporalUiUrl}`]),
    `  Demo key     ${apiKey}`,
    'Send a letter (unread, it goes to print after a minute):',
    `  curl -H 'Authorization: Bearer ${apiKey}' -H "Idempotency-Key: $(date +%s)" -F 'shipment=@${shipmentFile};type=application/json' ` +
      `-F 'file=@${letterFile};type=text/plain' ${apiUrl}/v1/shipments`,
  ]
}

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Addresses } from './child-environment.ts'
import { makeDemoFiles } from './demo-files.ts'

type Greeting = { dataDir: string; addresses: Addresses; apiKey: string }

/** Writes `postgang.json`, where scripts find what `greetingLines` tells people. */
export function writeFacts({ dataDir, addresses, apiKey }: Greeting): void {
  const { apiUrl, docsUrl, temporalUiUrl } = addresses
  const facts = JSON.stringify({ apiUrl, docsUrl, temporalUiUrl, apiKey }, null, 2)
  writeSecretly(join(dataDir, 'postgang.json'), `${facts}\n`)
}

/** Writes `environment`, from which the tools take the variables that the processes run with. */
export function writeEnvironment(dataDir: string, settings: Record<string, string>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`)
  writeSecretly(join(dataDir, 'environment'), lines.join(''))
}

/** As Node's own reader of such files takes it: no escapes, so the quote must be one that the value lacks. */
function quoted(value: string): string {
  const quote = ["'", '"', '`'].find((each) => !value.includes(each)) ?? "'"
  return `${quote}${value}${quote}`
}

function writeSecretly(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
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

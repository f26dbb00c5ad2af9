import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/*
 * Process: the reader of a printer's folder in a soak. Acts on tickets only and takes both files away at once, each by one rename, so
 * that being killed at any point neither loses nor doubles what it took.
 */
const [, , printDir = '', takenDir = ''] = process.argv
mkdirSync(takenDir, { recursive: true })
for (;;) {
  for (const name of existsSync(printDir) ? readdirSync(printDir) : [])
    if (name.endsWith('.json') && !name.startsWith('.')) take(name.slice(0, -'.json'.length))
  await pause(25)
}

/** The PDF first: a reader killed between the two finds the ticket again, and knows that it has the PDF. */
function take(shipmentId: string): void {
  const copy = `${shipmentId}.${randomUUID()}`
  const pdf = join(printDir, `${shipmentId}.pdf`)
  if (existsSync(pdf)) renameSync(pdf, join(takenDir, `${copy}.pdf`))
  renameSync(join(printDir, `${shipmentId}.json`), join(takenDir, `${copy}.json`))
}

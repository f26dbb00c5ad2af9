import { join, resolve } from 'node:path'
import { everything } from './everything.ts'
import { projectRoot } from './project-root.ts'

/*
 * Process: `npm start`. Starts the servers that are missing and the same processes as production, keeps them running, and
 * ends them in order. POSTGANG_DATA is the data folder, `data` unless set; ports: choose-ports.ts.
 */
// Longer than a stop in order may take; whatever is left then ends with this process, by its watchdog.
const stopTimeoutMs = 14_500

const root = projectRoot()
const abort = new AbortController()
const log = (line: string) => console.log(line)
process.umask(0o077)
process.stdout.on('error', () => {})

const { start, stop } = everything({
  dist: join(root, 'dist'),
  dataDir: resolve(root, process.env.POSTGANG_DATA || 'data'),
  env: process.env,
  log,
  signal: abort.signal,
})

const started = start().catch((error: unknown) => {
  if (abort.signal.aborted) return
  console.error(error instanceof Error ? error.message : error)
  void end(1)
})

async function end(code: number): Promise<void> {
  setTimeout(() => process.exit(1), stopTimeoutMs).unref()
  await started
  await stop()
  process.exit(code)
}

// Once only: a terminal's Ctrl-C and npm send the same signal twice.
let asked = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (asked) return
    asked = true
    log('Stopping ...')
    abort.abort()
    void end(0)
  })

import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { runToEnd } from './child.ts'
import type { ChildProgram } from './child.ts'
import { projectRoot } from './project-root.ts'
import { messageOf, oldestVersion, problemOf } from './temporal-version.ts'

export type FindTemporal = {
  log: (line: string) => void
  /** TEMPORAL_CLI_PATH, PATH, XDG_CACHE_HOME and HOME are read here; Go and the SDK get all of it. */
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal
}

/** A way to the binary: its path, or why it does not lead there. */
type Found = { path: string } | { problem: string }

const cliVersion = '1.8.2'
const downloadTimeoutMs = 5 * 60_000
const progressEveryMs = 10_000
const cliCommand = 'github.com/temporalio/cli/cmd/temporal'
const versionVariable = 'github.com/temporalio/cli/internal/temporalcli.Version'
// The SDK has no call that only downloads: it starts the server, and ends it at once.
const downloadScript = `
  const [downloadDir, version] = process.argv.slice(1)
  const executable = { type: 'cached-download', downloadDir, version }
  try {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing')
    const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
    await environment.teardown()
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
`

const run = promisify(execFile)

/** Finds the Temporal CLI: TEMPORAL_CLI_PATH, PATH, our cache, the SDK's download, a build with Go; in this order. */
export async function findTemporal({ log, env = process.env, signal }: FindTemporal): Promise<string> {
  if (env.TEMPORAL_CLI_PATH) return chosenByHand(env.TEMPORAL_CLI_PATH)
  const cacheFolder = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'postgang')
  const cached = join(cacheFolder, `temporal-cli-${cliVersion}`)
  const ways = [
    () => onPath(env.PATH ?? ''),
    () => inCache(cached),
    () => withWorkFolder(cacheFolder, (folder) => download(folder, cached, { log, env, signal })),
    () => withWorkFolder(cacheFolder, (folder) => build(folder, cached, { log, env, signal })),
  ]
  const problems: string[] = []
  for (const way of ways) {
    signal?.throwIfAborted()
    const found = await way()
    if ('path' in found) return found.path
    problems.push(found.problem)
  }
  throw new Error(
    `No Temporal server of version ${oldestVersion} or newer was found or made:\n${problems.map((line) => `  - ${line}`).join('\n')}\n` +
      '  Do one of these: install the Temporal CLI (https://docs.temporal.io/cli) and put it on PATH or name it in TEMPORAL_CLI_PATH;\n' +
      '  install Go 1.21 or newer (https://go.dev/dl) and start again; or set TEMPORAL_ADDRESS to a Temporal server of your own.',
  )
}

async function chosenByHand(path: string): Promise<string> {
  const problem = await problemOf(path)
  if (problem === undefined) return path
  throw new Error(
    `TEMPORAL_CLI_PATH: ${problem}. Name a Temporal CLI of version ${oldestVersion} or newer, or unset it.`,
  )
}

async function onPath(path: string): Promise<Found> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, 'temporal')
    if (await isExecutable(candidate)) return serves(candidate)
  }
  return { problem: 'PATH: no `temporal` there' }
}

async function inCache(cached: string): Promise<Found> {
  return existsSync(cached) ? serves(cached) : { problem: `cache: ${cached} is not there` }
}

async function download(folder: string, cached: string, { log, env, signal }: FindTemporal): Promise<Found> {
  const problems: string[] = []
  for (const version of [`v${cliVersion}`, 'default']) {
    const logFile = join(folder, `${version}.downloading`)
    const args = ['--input-type=module', '-e', downloadScript, folder, version]
    const program = { command: process.execPath, args, env, cwd: projectRoot(), logFile }
    const problem = await attempt(`Downloading the Temporal server (${version})`, program, {
      log,
      signal,
      timeoutMs: downloadTimeoutMs,
    })
    for (const name of await readdir(folder)) {
      if (name.endsWith('.downloading')) continue
      const path = join(folder, name)
      const fault = await problemOf(path)
      if (fault === undefined) return keep(path, cached)
      problems.push(fault)
      await rm(path)
    }
    if (problem !== undefined) problems.push(problem)
  }
  return { problem: `download by the Temporal SDK: ${[...new Set(problems)].join('; ')}` }
}

async function build(folder: string, cached: string, { log, env = {}, signal }: FindTemporal): Promise<Found> {
  const tooOld = await problemOfGo(env)
  if (tooOld !== undefined) return { problem: `build with Go: ${tooOld}` }
  const output = join(folder, 'temporal')
  const linkerFlags = `-s -w -X ${versionVariable}=${cliVersion}`
  const program = {
    command: 'go',
    args: ['build', '-mod=readonly', '-trimpath', `-ldflags=${linkerFlags}`, '-o', output, cliCommand],
    env: { ...env, GOTOOLCHAIN: 'auto', GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' },
    cwd: join(projectRoot(), 'embedded', 'temporal-server'),
    logFile: join(folder, 'build.log'),
  }
  const what = 'Building the Temporal server with Go (about 4 minutes, once)'
  const problem = (await attempt(what, program, { log, signal })) ?? (await problemOf(output))
  return problem === undefined ? keep(output, cached) : { problem: `build with Go: ${problem}` }
}

async function problemOfGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await run('go', ['version'], { env: { ...env, GOTOOLCHAIN: 'local' }, timeout: 30_000 })
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? []
    const newEnough = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 21)
    return newEnough ? undefined : `${stdout.trim()} is too old, 1.21 is needed (it fetches the version that it lacks)`
  } catch (error) {
    return `\`go version\` does not run (${messageOf(error)})`
  }
}

type Limits = { log: (line: string) => void; signal: AbortSignal | undefined; timeoutMs?: number }

/** Runs a long step with a line every 10 s; the last lines of its log are the reason when it fails. */
async function attempt(
  what: string,
  program: ChildProgram,
  { log, signal, timeoutMs }: Limits,
): Promise<string | undefined> {
  const startedAt = Date.now()
  log(`${what} ...`)
  const progress = setInterval(
    () => log(`${what} ... ${Math.round((Date.now() - startedAt) / 1000)} s`),
    progressEveryMs,
  )
  const limits = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)].filter(
    (limit) => limit !== undefined,
  )
  try {
    await runToEnd(what, program, AbortSignal.any(limits))
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    const output = await readFile(program.logFile, 'utf8').catch(() => '')
    return reasonIn(output) ?? messageOf(error)
  } finally {
    clearInterval(progress)
  }
}

function reasonIn(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line !== '' && !line.startsWith('go: downloading '))
  return said.length === 0 ? undefined : said.slice(-3).join(' / ')
}

async function withWorkFolder(cacheFolder: string, work: (folder: string) => Promise<Found>): Promise<Found> {
  await mkdir(cacheFolder, { recursive: true })
  const folder = await mkdtemp(join(cacheFolder, 'new-'))
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }))
}

// The rename is atomic: of two that make the file at once each leaves a whole one.
async function keep(path: string, cached: string): Promise<Found> {
  await rename(path, cached)
  return { path: cached }
}

async function serves(path: string): Promise<Found> {
  const problem = await problemOf(path)
  return problem === undefined ? { path } : { problem }
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

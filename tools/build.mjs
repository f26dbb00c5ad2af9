// Bundles every process and tool, and the workflows, into dist/. Files whose content is the same are left alone; each other
// one appears whole, by a rename, so that two builds at once do no harm.
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const programs = [
  'worker.ts',
  'api/server.ts',
  'api/codec-server.ts',
  'db/migrate.ts',
  'embedded/start.ts',
  'embedded/mail-server.ts',
  'adapters/temporal/failure-converter.ts',
]
const quietLogger = Object.fromEntries(
  ['log', 'trace', 'debug', 'info']
    .map((level) => [level, () => {}])
    .concat([
      ['warn', console.warn],
      ['error', console.error],
    ]),
)
const copied = ['db/migrations', 'api/assets']
// What the workflow bundle is made of; workflows import types only from elsewhere, which leave no trace in it.
const workflowSources = ['workflows', 'domain', 'adapters/temporal', 'package-lock.json', 'tools/build.mjs']

await Promise.all([bundlePrograms(), bundleWorkflows()])
for (const folder of copied)
  for (const file of filesIn(folder)) writeWhole(join(dist, file), readFileSync(join(root, file)))

async function bundlePrograms() {
  const tools = filesIn('tools').filter((file) => file.endsWith('.ts') && dirname(file) === 'tools')
  const entryPoints = [...programs, ...tools].filter((file) => existsSync(join(root, file)))
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outbase: '.',
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    write: false,
    logLevel: 'warning',
  }).catch(failWithoutStack)
  // The map first: a program never stands beside the map of another build for long.
  for (const file of outputFiles.toSorted((a, b) => b.path.length - a.path.length)) writeWhole(file.path, file.contents)
}

// esbuild has said already what is wrong and where.
function failWithoutStack() {
  process.exit(1)
}

async function bundleWorkflows() {
  const workflowsPath = join(root, 'workflows', 'index.ts')
  if (!existsSync(workflowsPath)) return
  const bundleFile = join(dist, 'workflow-bundle.js')
  const hashFile = join(dist, 'workflow-bundle.hash')
  const sourceHash = hashOf(workflowSources.flatMap(filesIn))
  if (existsSync(bundleFile) && existsSync(hashFile)) {
    const [source, content] = readFileSync(hashFile, 'utf8').split('\n')
    if (source === sourceHash && content === contentHash(readFileSync(bundleFile))) return
  }
  const { bundleWorkflowCode } = await import('@temporalio/worker')
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: join(root, 'adapters', 'temporal', 'failure-converter.ts'),
    logger: quietLogger,
  })
  writeWhole(bundleFile, code)
  writeWhole(hashFile, `${sourceHash}\n${contentHash(code)}\n`)
}

function filesIn(path) {
  const absolute = join(root, path)
  if (!existsSync(absolute)) return []
  if (statSync(absolute).isFile()) return [path]
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted()
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n`).update(contentHash(readFileSync(join(root, file))))
  return hash.digest('hex')
}

function contentHash(content) {
  return createHash('sha256').update(content).digest('hex')
}

function writeWhole(path, content) {
  const bytes = Buffer.from(content)
  if (existsSync(path) && readFileSync(path).equals(bytes)) return
  mkdirSync(dirname(path), { recursive: true })
  const half = `${path}.${process.pid}.part`
  writeFileSync(half, bytes)
  renameSync(half, path)
}

import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { put, scratchFolder } from './scratch.ts'

const root = resolve(import.meta.dirname, '../..')

test('each process becomes a program of its own in the folder of its source, beside what it reads', async () => {
  const project = smallProject()
  await build(project)
  expect(filesOf(join(project, 'dist'))).toEqual([
    'adapters/temporal/failure-converter.js',
    'adapters/temporal/failure-converter.js.map',
    'api/assets/docs.css',
    'api/server.js',
    'api/server.js.map',
    'db/migrations/0000_first.sql',
    'tools/admin.js',
    'tools/admin.js.map',
    'workflow-bundle.hash',
    'workflow-bundle.js',
  ])
  expect(readFileSync(join(project, 'dist', 'api', 'server.js'), 'utf8')).toContain('import { Hono } from "hono"')
  expect(readFileSync(join(project, 'dist', 'workflow-bundle.js'), 'utf8')).toContain('the life of a letter')
})

test('a second build touches nothing', async () => {
  const project = smallProject()
  await build(project)
  const before = timesOf(project)
  await build(project)
  expect(timesOf(project)).toEqual(before)
})

test('a changed workflow gets into the bundle, and so does a bundle that was damaged', async () => {
  const project = smallProject()
  await build(project)
  put(join(project, 'domain', 'words.ts'), "export const story = 'another life'")
  await build(project)
  const bundle = join(project, 'dist', 'workflow-bundle.js')
  expect(readFileSync(bundle, 'utf8')).toContain('another life')
  put(bundle, 'torn')
  await build(project)
  expect(readFileSync(bundle, 'utf8')).toContain('another life')
})

test('two builds at once both succeed and leave whole files alone', async () => {
  const project = smallProject()
  await Promise.all([build(project), build(project)])
  expect(filesOf(join(project, 'dist')).filter((name) => name.endsWith('.part'))).toEqual([])
  const before = timesOf(project)
  await build(project)
  expect(timesOf(project)).toEqual(before)
})

test('an error in the source ends the build with its place and leaves the last good program', async () => {
  const project = smallProject()
  await build(project)
  put(join(project, 'api', 'server.ts'), "import { gone } from './gone.ts'\nconsole.log(gone)")
  await expect(build(project)).rejects.toThrow(/Could not resolve "\.\/gone\.ts"[\s\S]*api\/server\.ts:1/)
  expect(readFileSync(join(project, 'dist', 'api', 'server.js'), 'utf8')).toContain('hono')
})

function smallProject(): string {
  const project = scratchFolder()
  mkdirSync(join(project, 'tools'))
  copyFileSync(join(root, 'tools', 'build.mjs'), join(project, 'tools', 'build.mjs'))
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  put(join(project, 'package.json'), '{ "type": "module" }')
  put(join(project, 'api', 'server.ts'), "import { Hono } from 'hono'\nexport const app: Hono = new Hono()")
  put(join(project, 'api', 'assets', 'docs.css'), 'body {}')
  put(join(project, 'db', 'migrations', '0000_first.sql'), 'select 1')
  put(join(project, 'tools', 'admin.ts'), 'console.log(process.argv)')
  put(join(project, 'domain', 'words.ts'), "export const story = 'the life of a letter'")
  put(
    join(project, 'workflows', 'index.ts'),
    "import { story } from '../domain/words.ts'\nexport async function letter() { return story }",
  )
  put(
    join(project, 'adapters', 'temporal', 'failure-converter.ts'),
    "import { DefaultFailureConverter } from '@temporalio/common'\nexport const failureConverter = new DefaultFailureConverter()",
  )
  return project
}

async function build(project: string): Promise<void> {
  const child = spawn(process.execPath, [join(project, 'tools', 'build.mjs')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const code = await new Promise((done) => child.once('close', done))
  if (code !== 0) throw new Error(errors)
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted()
}

function timesOf(project: string): string[] {
  return filesOf(join(project, 'dist')).map((name) => `${name} ${statSync(join(project, 'dist', name)).mtimeMs}`)
}

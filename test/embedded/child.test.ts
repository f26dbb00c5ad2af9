import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeEnding, runToEnd, startChild } from '../../embedded/child.ts'
import { bundleInto, put, scratchFolder } from './scratch.ts'
import { eventually, lives } from './processes.ts'

const node = process.execPath

test('what a child writes stands in its log, and its exit code is told', async () => {
  const folder = scratchFolder()
  const logFile = join(folder, 'logs', 'child.log')
  const child = startChild({
    command: node,
    args: ['-e', 'console.log("out"); console.error("err"); process.exit(3)'],
    logFile,
  })
  expect(describeEnding(await child.exited)).toBe('exit code 3')
  expect(readFileSync(logFile, 'utf8')).toBe('out\nerr\n')
})

test('a child that ignores its stop signal is killed after the grace, with its own children', async () => {
  const folder = scratchFolder()
  const script = put(
    join(folder, 'stubborn.sh'),
    `trap '' TERM\nsleep 600 &\necho $! > ${folder}/grandchild\nwait\nwait\nsleep 600\n`,
  )
  const child = startChild({ command: '/bin/sh', args: [script], logFile: join(folder, 'log') })
  const grandchild = await eventually('the grandchild runs', () => numberIn(join(folder, 'grandchild')))
  await child.stop(200)
  expect(describeEnding(await child.exited)).toBe('killed by SIGKILL')
  await eventually('the grandchild is gone', () => !lives(grandchild))
})

test('a child in its own process group does not hear the signals of ours', async () => {
  const folder = scratchFolder()
  const child = startChild({ command: node, args: ['-e', 'setInterval(() => {}, 1000)'], logFile: join(folder, 'log') })
  const group = readFileSync(`/proc/${child.pid()}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]
  expect(Number(group)).toBe(child.pid())
  await child.stop()
})

test('children are gone 5 s after a kill -9 of their parent, those that ignore SIGTERM too', async () => {
  const folder = scratchFolder()
  const stubborn = put(
    join(folder, 'stubborn.sh'),
    `trap '' TERM\necho $$ > ${folder}/stubborn\nwhile :; do sleep 1; done\n`,
  )
  const polite = put(
    join(folder, 'polite.cjs'),
    `const fs = require('fs')
    fs.writeFileSync('${folder}/polite', String(process.pid)); setInterval(() => {}, 1000)
    process.on('SIGTERM', () => { fs.writeFileSync('${folder}/farewell', ''); process.exit(0) })`,
  )
  await bundleInto(folder, ['embedded/child.ts'])
  const parent = put(
    join(folder, 'parent.js'),
    `import { startChild } from './dist/embedded/child.js'
    startChild({ command: '/bin/sh', args: ['${stubborn}'], logFile: '${folder}/log' })
    startChild({ command: process.execPath, args: ['${polite}'], logFile: '${folder}/log' })`,
  )
  const running = spawn(node, [parent], { stdio: 'inherit' })
  onTestFinished(() => void running.kill('SIGKILL'))
  const pids = await Promise.all(
    ['stubborn', 'polite'].map((name) => eventually(`${name} runs`, () => numberIn(join(folder, name)))),
  )
  running.kill('SIGKILL')
  await eventually('all are gone', () => !pids.some(lives), 5_000)
  expect(existsSync(join(folder, 'farewell'))).toBe(true)
})

test('a program that fails is told with the place of its log', async () => {
  const logFile = join(scratchFolder(), 'log')
  const failing = runToEnd('Making tea', { command: node, args: ['-e', 'process.exit(2)'], logFile })
  await expect(failing).rejects.toThrow(`Making tea failed (exit code 2). Its log: ${logFile}`)
})

function numberIn(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined
}

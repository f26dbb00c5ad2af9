import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FolderInUse, lockFolder } from '../../embedded/lock.ts'
import { identify } from '../../embedded/process-identity.ts'
import { bundleInto, put, scratchFolder } from './scratch.ts'

test('a locked folder refuses a second start and stays as it was', () => {
  const folder = scratchFolder()
  lockFolder(folder)
  const before = readdirSync(folder)
  expect(() => lockFolder(folder)).toThrow(FolderInUse)
  expect(() => lockFolder(folder)).toThrow(`Postgang already runs on ${folder} (process ${process.pid})`)
  expect(readdirSync(folder)).toEqual(before)
})

test('a released folder can be locked again, any number of times', () => {
  const folder = scratchFolder()
  for (let count = 0; count < 3; count++) lockFolder(folder).release()
  expect(readdirSync(folder)).toEqual(['lock.3'])
})

test('a lock whose process id belongs to another program by now is taken over', () => {
  const folder = scratchFolder()
  put(join(folder, 'lock.1'), JSON.stringify({ pid: process.ppid, startedAt: 'an earlier time' }))
  lockFolder(folder)
  expect(readdirSync(folder)).toEqual(['lock.2'])
})

test('of ten starts at once after a kill -9, one gets the folder', async () => {
  const folder = scratchFolder()
  const data = join(folder, 'data')
  await bundleInto(folder, ['embedded/lock.ts'])
  const holder = put(
    join(folder, 'holder.js'),
    `import { lockFolder } from './dist/embedded/lock.js'
    try { lockFolder('${data}'); console.log('locked') } catch (error) { console.log(error.name); process.exit() }
    setInterval(() => {}, 1000)`,
  )
  put(join(data, 'README'), '')
  const start = () => {
    const child = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  const answer = (child: ReturnType<typeof start>) =>
    new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk).trim())))

  const killed = start()
  expect(await answer(killed)).toBe('locked')
  const killedPid = killed.pid ?? 0
  killed.kill('SIGKILL')
  await new Promise((resolve) => killed.once('exit', resolve))
  expect(identify(killedPid)).toBeUndefined()

  const starts = Array.from({ length: 10 }, start)
  const answers = await Promise.all(starts.map(answer))
  expect(answers.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'FolderInUse'), 'locked'])
})

import { expect, test } from 'vitest'
import type { Ending } from '../../embedded/child.ts'
import { keepRunning } from '../../embedded/keep-running.ts'

/** A program whose ends the test decides, in a time that the test lets pass. */
function program() {
  const runs: { end: (code: number) => void; stopped: boolean }[] = []
  const delaysMs: number[] = []
  const lines: string[] = []
  let now = 0
  let failing = 0
  let seen = () => {}
  const start = async () => {
    if (failing-- > 0) throw new Error('port taken')
    let end: (ending: Ending) => void = () => {}
    const exited = new Promise<Ending>((resolve) => (end = resolve))
    const run = { stopped: false, end: (code: number) => end({ code, signal: null }) }
    runs.push(run)
    seen()
    return {
      exited,
      stop: async () => {
        run.stopped = true
        run.end(0)
      },
    }
  }
  return {
    runs,
    delaysMs,
    lines,
    options: {
      name: 'worker',
      start,
      log: (line: string) => lines.push(line),
      wait: async (ms: number) => {
        delaysMs.push(ms)
        now += ms
      },
      now: () => now,
    },
    pass: (ms: number) => (now += ms),
    failNextStarts: (count: number) => (failing = count),
    endAndAwaitNext: async () => {
      const next = new Promise<void>((resolve) => (seen = resolve))
      runs.at(-1)?.end(1)
      await next
    },
  }
}

test('a program that keeps ending is started after 1 s, doubling to 30 s, in one line each', async () => {
  const worker = program()
  const kept = await keepRunning(worker.options)
  for (let count = 0; count < 7; count++) await worker.endAndAwaitNext()
  expect(worker.delaysMs).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  expect(worker.lines).toHaveLength(7)
  expect(worker.lines[0]).toBe('worker ended (exit code 1); it is started again in 1 s')
  await kept.stop()
})

test('after it ran for a minute the delay is 1 s again', async () => {
  const worker = program()
  const kept = await keepRunning(worker.options)
  for (let count = 0; count < 3; count++) await worker.endAndAwaitNext()
  worker.pass(60_000)
  await worker.endAndAwaitNext()
  expect(worker.delaysMs).toEqual([1_000, 2_000, 4_000, 1_000])
  await kept.stop()
})

test('a restart that fails is tried again, with its reason', async () => {
  const worker = program()
  const kept = await keepRunning(worker.options)
  worker.failNextStarts(2)
  await worker.endAndAwaitNext()
  expect(worker.lines[1]).toBe('worker ended (port taken); it is started again in 2 s')
  expect(worker.delaysMs).toEqual([1_000, 2_000, 4_000])
  await kept.stop()
})

test('a first start that fails is an error', async () => {
  const worker = program()
  worker.failNextStarts(1)
  await expect(keepRunning(worker.options)).rejects.toThrow('port taken')
})

test('what is stopped is not started again', async () => {
  const worker = program()
  const kept = await keepRunning(worker.options)
  await kept.stop()
  expect(worker.runs.map(({ stopped }) => stopped)).toEqual([true])
  expect(worker.lines).toEqual([])
})

test('a program that comes up while it is being stopped is stopped too', async () => {
  const worker = program()
  let comeUp = () => {}
  const slowly = async () => {
    if (worker.runs.length > 0) await new Promise<void>((resolve) => (comeUp = resolve))
    return worker.options.start()
  }
  const kept = await keepRunning({ ...worker.options, start: slowly })
  worker.runs[0]?.end(1)
  await new Promise((resolve) => setImmediate(resolve))
  const stopping = kept.stop()
  comeUp()
  await stopping
  expect(worker.runs.map(({ stopped }) => stopped)).toEqual([false, true])
})

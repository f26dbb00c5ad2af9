import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// Linux gives outgoing connections ports from 32768 up; a server that comes back must find its port free.
const lowest = 20_000
const highest = 32_767

/** A free TCP port on 127.0.0.1 that outgoing connections do not take. */
export async function freePort(notThese: ReadonlySet<number> = new Set()): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(lowest, highest + 1)
    if (!notThese.has(port) && (await isFree(port))) return port
  }
  throw new Error(`No free TCP port found on 127.0.0.1 between ${lowest} and ${highest}. End what holds them.`)
}

/** Nobody listens on it, on 127.0.0.1 or on every address (which some systems let us listen beside). */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port)) && !(await answers(port))
}

/** Waits for a port: the servers of a killed run need some seconds to end. */
export async function becomesFree(port: number, timeoutMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + timeoutMs
  while (!(await isFree(port))) {
    if (Date.now() > giveUpAt) return false
    await sleep(100)
  }
  return true
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

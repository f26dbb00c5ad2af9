/** The same seed gives the same plan. @see Bob Jenkins' small PRNG as published by C. Doty-Humphrey, PractRand (sfc32) */
export function createRandom(seed: number): () => number {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, seed >>> 0]
  const next = (): number => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 15; round += 1) next()
  return next
}

export const kinds = [
  'readEarly',
  'readAtDeadline',
  'neverRead',
  'recalled',
  'moved',
  'digitalOnly',
  'noAddress',
  'rejected',
] as const
export type Kind = (typeof kinds)[number]

export const targets = ['worker', 'api', 'temporal', 'postgres', 'mail-server', 'printer'] as const
export type Target = (typeof targets)[number]

export const faults = [...targets, 'connections', 'disk', 'temporalDatabase'] as const
export type Fault = (typeof faults)[number]

export type PlannedLetter = {
  index: number
  kind: Kind
  sendAtMs: number
  unreadSeconds: number
  /** After the notice for early reads and recalls; from the deadline, either side of it, for reads at the deadline. */
  actAfterMs: number
}

export type PlannedFault = { fault: Fault; atMs: number }

export type Plan = { letters: PlannedLetter[]; faults: PlannedFault[]; lastFaultMs: number }

type Asked = { letters: number; seed: number; minutes: number }

/** Letters spread over the first three quarters of the time, faults over all of it; every target often enough. */
export function makePlan({ letters, seed, minutes }: Asked): Plan {
  const random = createRandom(seed)
  const wholeMs = minutes * 60_000
  const sendingMs = wholeMs * 0.7
  const planned = Array.from({ length: letters }, (_, index): PlannedLetter => {
    const kind = kinds[index % kinds.length] ?? 'neverRead'
    return {
      index,
      kind,
      sendAtMs: Math.floor(random() * sendingMs),
      unreadSeconds: 5 + Math.floor(random() * 20),
      actAfterMs: kind === 'readAtDeadline' ? Math.floor(random() * 3_000) - 1_500 : Math.floor(random() * 4_000),
    }
  })
  const killsEach = Math.ceil(letters / 50) + 1
  const kills = targets.flatMap((fault) =>
    Array.from({ length: killsEach }, () => ({ fault, atMs: Math.floor(random() * wholeMs * 0.85) })),
  )
  const once = (fault: Fault, share: number): PlannedFault => ({ fault, atMs: Math.floor(wholeMs * share) })
  const drops = Array.from({ length: killsEach }, () => ({
    fault: 'connections' as const,
    atMs: Math.floor(random() * wholeMs * 0.85),
  }))
  const all = [...kills, ...drops, once('disk', 0.3), once('temporalDatabase', 0.5)]
  return {
    letters: planned.toSorted((a, b) => a.sendAtMs - b.sendAtMs),
    faults: all.toSorted((a, b) => a.atMs - b.atMs),
    lastFaultMs: Math.max(...all.map(({ atMs }) => atMs)),
  }
}

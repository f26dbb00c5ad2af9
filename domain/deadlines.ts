import { addDays, isWorkingDay, osloInstant, osloWallClock, startOfDay } from './norwegian-calendar.ts'
import type { LocalDate, WallClock } from './norwegian-calendar.ts'
import type { PeriodUnit, UnreadPeriod } from './shipment.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** When a letter that counts from `countsFrom` has lain unread for the whole period. Calendar units count in Oslo. */
export function deadlineAfter(countsFrom: Date, period: UnreadPeriod): Date {
  switch (period.unit) {
    case 'workingHours':
      return afterWorkingHours(countsFrom, period.amount)
    case 'workingDays':
      return afterWorkingDays(countsFrom, period.amount)
    case 'days': {
      const wall = osloWallClock(countsFrom)
      return osloInstant({ ...wall, ...addDays(wall, period.amount) })
    }
    case 'hours':
      return new Date(countsFrom.getTime() + period.amount * hourMs)
    case 'minutes':
      return new Date(countsFrom.getTime() + period.amount * minuteMs)
    case 'seconds':
      return new Date(countsFrom.getTime() + period.amount * secondMs)
    default:
      return period.unit satisfies never
  }
}

/**
 * Hours count on working days only, all 24 of them (23 or 25 when the clocks change).
 * @see KS SvarUt, endringer 22.03.2016: «40 timer på dager som er arbeidsdag»
 */
function afterWorkingHours(countsFrom: Date, hours: number): Date {
  let leftMs = hours * hourMs
  let from = countsFrom
  for (;;) {
    const date = osloWallClock(from)
    const nextDay = startOfDay(addDays(date, 1))
    if (isWorkingDay(date)) {
      const todayMs = nextDay.getTime() - from.getTime()
      if (leftMs <= todayMs) return new Date(from.getTime() + leftMs)
      leftMs -= todayMs
    }
    from = nextDay
  }
}

/** The same time of day on the nth working day after; a notice on a day off counts from 00:00 of the next working day. */
function afterWorkingDays(countsFrom: Date, days: number): Date {
  const wall = osloWallClock(countsFrom)
  const start: WallClock = isWorkingDay(wall)
    ? wall
    : { ...nextWorkingDay(wall), hour: 0, minute: 0, second: 0, millisecond: 0 }
  let date: LocalDate = start
  for (let left = days; left > 0; left -= 1) date = nextWorkingDay(date)
  return osloInstant({ ...start, year: date.year, month: date.month, day: date.day })
}

function nextWorkingDay(date: LocalDate): LocalDate {
  let next = addDays(date, 1)
  while (!isWorkingDay(next)) next = addDays(next, 1)
  return next
}

export type PeriodViolation = {
  code: 'unreadPeriodUnit' | 'unreadPeriodAmount' | 'unreadPeriodOutOfRange'
  message: string
}

/** What a unit counts as when the length of a period is judged; a working day counts as a day. */
const judgedMs: Record<PeriodUnit, number> = {
  workingHours: hourMs,
  workingDays: dayMs,
  days: dayMs,
  hours: hourMs,
  minutes: minuteMs,
  seconds: secondMs,
}
const longestMs = 400 * dayMs

/** From 1 hour (1 second where short periods are allowed) to 400 days, in whole numbers. */
export function checkUnreadPeriod(
  period: UnreadPeriod,
  { allowShort }: { allowShort: boolean },
): 'ok' | PeriodViolation {
  const isShortUnit = period.unit === 'minutes' || period.unit === 'seconds'
  if (isShortUnit && !allowShort)
    return {
      code: 'unreadPeriodUnit',
      message: `unreadPeriod.unit "${period.unit}" is not allowed in this installation: use hours, days, workingHours or workingDays`,
    }
  if (!Number.isSafeInteger(period.amount))
    return { code: 'unreadPeriodAmount', message: 'unreadPeriod.amount must be a whole number' }
  const lengthMs = period.amount * judgedMs[period.unit]
  if (lengthMs < (allowShort ? secondMs : hourMs) || lengthMs > longestMs)
    return {
      code: 'unreadPeriodOutOfRange',
      message: `unreadPeriod must lie between ${allowShort ? '1 second' : '1 hour'} and 400 days`,
    }
  return 'ok'
}

/** A day of the calendar, without a time or a zone; the month counts from 1. */
export type LocalDate = { year: number; month: number; day: number }

/** What a clock on a wall in Oslo shows. */
export type WallClock = LocalDate & { hour: number; minute: number; second: number; millisecond: number }

const dayMs = 24 * 60 * 60 * 1000

/** Days from Easter Sunday: Maundy Thursday, Good Friday, Easter, Ascension, Whitsun. @see Lov om helligdager og helligdagsfred § 2 (1995) */
const movableHolidays = [-3, -2, 0, 1, 39, 49, 50]

/** New Year, Labour Day, Constitution Day, Christmas. @see the same, and Lov om 1 og 17 mai som høgtidsdagar § 1 (1947) */
const fixedHolidays: readonly (readonly [month: number, day: number])[] = [
  [1, 1],
  [5, 1],
  [5, 17],
  [12, 25],
  [12, 26],
]

export function isPublicHoliday(date: LocalDate): boolean {
  if (fixedHolidays.some(([month, day]) => date.month === month && date.day === day)) return true
  return movableHolidays.includes(dayNumber(date) - dayNumber(easterSunday(date.year)))
}

/** Monday to Friday, and no public holiday. */
export function isWorkingDay(date: LocalDate): boolean {
  const weekday = new Date(dayNumber(date) * dayMs).getUTCDay()
  return weekday !== 0 && weekday !== 6 && !isPublicHoliday(date)
}

export function addDays(date: LocalDate, days: number): LocalDate {
  const moved = new Date((dayNumber(date) + days) * dayMs)
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() }
}

/** The Gregorian Easter. @see Meeus, Astronomical Algorithms, chapter 8 (the anonymous algorithm of 1876) */
export function easterSunday(year: number): LocalDate {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = Math.floor(b / 4)
  const e = b % 4
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - d - g + 15) % 30
  const i = Math.floor(c / 4)
  const k = c % 4
  const l = (32 + 2 * e + 2 * i - h - k) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return { year, month: Math.floor(n / 31), day: (n % 31) + 1 }
}

const osloFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Oslo',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

export function osloWallClock(instant: Date): WallClock {
  const parts = new Map<string, number>(
    osloFormat.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: string) => parts.get(type) ?? 0
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    millisecond: instant.getUTCMilliseconds(),
  }
}

/** The instant at which Oslo's clocks show this. A time that they skip is the next that exists; of a doubled one, the first. */
export function osloInstant(wall: WallClock): Date {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.millisecond)
  // Oslo is one or two hours ahead; the earlier of two instants is the one with the larger offset.
  for (const offsetHours of [2, 1]) {
    const instant = new Date(asUtc - offsetHours * 3_600_000)
    if (osloOffsetMs(instant) === offsetHours * 3_600_000) return instant
  }
  return firstInstantAfterGap(asUtc)
}

export function startOfDay(date: LocalDate): Date {
  return osloInstant({ ...date, hour: 0, minute: 0, second: 0, millisecond: 0 })
}

function osloOffsetMs(instant: Date): number {
  const wall = osloWallClock(instant)
  const shown = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second, wall.millisecond)
  return shown - instant.getTime()
}

/** The clocks go from 02:00 to 03:00 at 01:00 UTC: every skipped time is followed by that hour's beginning. @see directive 2000/84/EC */
function firstInstantAfterGap(asUtc: number): Date {
  const hourMs = 3_600_000
  return new Date(Math.floor(asUtc / hourMs) * hourMs - hourMs)
}

function dayNumber(date: LocalDate): number {
  return Math.round(Date.UTC(date.year, date.month - 1, date.day) / dayMs)
}

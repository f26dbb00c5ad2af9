import { describe, expect, it } from 'vitest'
import {
  addDays,
  easterSunday,
  isPublicHoliday,
  isWorkingDay,
  osloInstant,
  osloWallClock,
  startOfDay,
} from '../../domain/norwegian-calendar.ts'

const date = (text: string) => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  return { year, month, day }
}

it('Easter falls where the church puts it', () => {
  const known = [
    '2024-03-31',
    '2025-04-20',
    '2026-04-05',
    '2027-03-28',
    '2028-04-16',
    '2029-04-01',
    '2030-04-21',
    '2038-04-25',
  ]
  for (const each of known) expect(easterSunday(date(each).year)).toEqual(date(each))
})

it('knows the twelve public holidays of 2026 and no other day', () => {
  const holidays = [
    '01-01',
    '04-02',
    '04-03',
    '04-05',
    '04-06',
    '05-01',
    '05-14',
    '05-17',
    '05-24',
    '05-25',
    '12-25',
    '12-26',
  ]
  const found: string[] = []
  for (let day = date('2026-01-01'); day.year === 2026; day = addDays(day, 1))
    if (isPublicHoliday(day)) found.push(`${String(day.month).padStart(2, '0')}-${String(day.day).padStart(2, '0')}`)
  expect(found).toEqual(holidays)
})

it('works from Monday to Friday, on Christmas Eve too, and on no holiday', () => {
  const verdicts = {
    '2026-11-24': true,
    '2026-11-28': false,
    '2026-11-29': false,
    '2026-12-24': true,
    '2026-12-25': false,
    '2027-05-17': false,
  }
  for (const [day, works] of Object.entries(verdicts)) expect(isWorkingDay(date(day)), day).toBe(works)
})

it("turns instants into Oslo's wall clock and back", () => {
  for (const instant of ['2026-01-15T11:30:00.123Z', '2026-07-15T22:30:00Z', '2026-12-31T23:30:00Z'])
    expect(osloInstant(osloWallClock(new Date(instant)))).toEqual(new Date(instant))
  expect(osloWallClock(new Date('2026-12-31T23:30:00Z'))).toMatchObject({
    year: 2027,
    month: 1,
    day: 1,
    hour: 0,
    minute: 30,
  })
})

describe('on the days when the clocks change', () => {
  const instantOf = (day: string, hour: number, minute: number, second = 0) =>
    osloInstant({ ...date(day), hour, minute, second, millisecond: 0 })

  it('a time that is skipped is the next that exists', () => {
    const next = new Date('2026-03-29T01:00:00Z')
    expect(instantOf('2026-03-29', 2, 0)).toEqual(next)
    expect(instantOf('2026-03-29', 2, 59, 59)).toEqual(next)
    expect(instantOf('2026-03-29', 3, 0)).toEqual(next)
    expect(instantOf('2026-03-29', 1, 59, 59)).toEqual(new Date('2026-03-29T00:59:59Z'))
  })

  it('a doubled time is its first', () => {
    expect(instantOf('2026-10-25', 2, 30)).toEqual(new Date('2026-10-25T00:30:00Z'))
    expect(osloWallClock(new Date('2026-10-25T00:30:00Z'))).toEqual(osloWallClock(new Date('2026-10-25T01:30:00Z')))
    expect(instantOf('2026-10-25', 3, 0)).toEqual(new Date('2026-10-25T02:00:00Z'))
  })

  it('a day has 23 or 25 hours', () => {
    const hours = (day: string) =>
      (startOfDay(addDays(date(day), 1)).getTime() - startOfDay(date(day)).getTime()) / 3_600_000
    expect(['2026-03-29', '2026-10-25', '2026-10-26'].map(hours)).toEqual([23, 25, 24])
  })
})

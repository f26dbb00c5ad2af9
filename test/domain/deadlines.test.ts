import { describe, expect, it } from 'vitest'
import { checkUnreadPeriod, deadlineAfter } from '../../domain/deadlines.ts'
import type { PeriodUnit } from '../../domain/shipment.ts'

/** Oslo's wall clock, as it stands in winter (+01:00) or summer (+02:00). */
const after = (notice: string, amount: number, unit: PeriodUnit) => deadlineAfter(new Date(notice), { amount, unit })
const at = (time: string) => new Date(time)

describe('workingHours count every hour of working days', () => {
  const cases: [notice: string, hours: number, deadline: string, why: string][] = [
    ['2026-11-23T09:00+01:00', 40, '2026-11-25T01:00+01:00', 'a Monday'],
    ['2026-11-20T12:00+01:00', 40, '2026-11-24T04:00+01:00', 'a Friday, over the weekend'],
    ['2026-11-21T15:00+01:00', 40, '2026-11-24T16:00+01:00', 'a Saturday'],
    ['2026-12-23T12:00+01:00', 40, '2026-12-28T04:00+01:00', 'over Christmas: the 24th works, the 25th to 27th do not'],
    ['2026-04-01T12:00+02:00', 40, '2026-04-08T04:00+02:00', 'over Easter'],
    ['2026-04-30T12:00+02:00', 40, '2026-05-05T04:00+02:00', 'over the 1st of May and a weekend'],
    ['2026-03-27T12:00+01:00', 24, '2026-03-30T12:00+02:00', 'over the weekend on which clocks go forward'],
    ['2026-12-31T12:00+01:00', 24, '2027-01-04T12:00+01:00', 'over New Year'],
    ['2026-11-23T00:00+01:00', 24, '2026-11-24T00:00+01:00', 'exactly one day'],
  ]
  for (const [notice, hours, deadline, why] of cases)
    it(why, () => expect(after(notice, hours, 'workingHours')).toEqual(at(deadline)))
})

describe('workingDays keep the time of day', () => {
  const cases: [notice: string, days: number, deadline: string, why: string][] = [
    ['2026-11-23T09:30+01:00', 2, '2026-11-25T09:30+01:00', 'within a week'],
    ['2026-11-20T09:30+01:00', 1, '2026-11-23T09:30+01:00', 'Friday to Monday'],
    ['2026-11-21T09:30+01:00', 1, '2026-11-24T00:00+01:00', 'a Saturday counts from Monday 00:00'],
    ['2026-05-16T23:59+02:00', 1, '2026-05-19T00:00+02:00', 'the day before a 17 May that is a Sunday'],
    ['2027-05-14T09:00+02:00', 1, '2027-05-18T09:00+02:00', 'Whit Monday that is the 17th of May'],
    ['2026-03-27T09:30+01:00', 1, '2026-03-30T09:30+02:00', 'over the change to summer time'],
    ['2026-10-23T09:30+02:00', 1, '2026-10-26T09:30+01:00', 'over the change to winter time'],
  ]
  for (const [notice, days, deadline, why] of cases)
    it(why, () => expect(after(notice, days, 'workingDays')).toEqual(at(deadline)))
})

describe('days keep the time of day', () => {
  const cases: [notice: string, days: number, deadline: string, why: string][] = [
    ['2026-11-20T12:00+01:00', 14, '2026-12-04T12:00+01:00', 'weekends count'],
    ['2026-03-28T02:30+01:00', 1, '2026-03-29T03:00+02:00', 'a time that the clock skips becomes the next that exists'],
    ['2026-10-24T02:30+02:00', 1, '2026-10-25T02:30+02:00', 'of a doubled time the first'],
    ['2026-03-20T12:00+01:00', 14, '2026-04-03T12:00+02:00', 'over the change to summer time'],
    ['2028-02-28T12:00+01:00', 1, '2028-02-29T12:00+01:00', 'a leap year'],
    ['2026-11-24T12:00+01:00', 400, '2027-12-29T12:00+01:00', 'the longest'],
  ]
  for (const [notice, days, deadline, why] of cases)
    it(why, () => expect(after(notice, days, 'days')).toEqual(at(deadline)))
})

it('hours, minutes and seconds run on, whatever the day', () => {
  expect(after('2026-12-24T12:00:00Z', 48, 'hours')).toEqual(at('2026-12-26T12:00:00Z'))
  expect(after('2026-10-25T00:30:00Z', 1, 'hours')).toEqual(at('2026-10-25T01:30:00Z'))
  expect(after('2026-12-24T12:00:00Z', 5, 'minutes')).toEqual(at('2026-12-24T12:05:00Z'))
  expect(after('2026-12-24T12:00:00.250Z', 5, 'seconds')).toEqual(at('2026-12-24T12:00:05.250Z'))
})

describe('an unread period', () => {
  const verdict = (amount: number, unit: PeriodUnit, allowShort = false) => {
    const found = checkUnreadPeriod({ amount, unit }, { allowShort })
    return found === 'ok' ? found : found.code
  }

  it('is a whole number between 1 hour and 400 days', () => {
    for (const [amount, unit] of [
      [1, 'hours'],
      [1, 'workingHours'],
      [400, 'days'],
      [400, 'workingDays'],
      [9600, 'hours'],
    ] as const)
      expect(verdict(amount, unit)).toBe('ok')
    for (const [amount, unit] of [
      [0, 'days'],
      [-1, 'days'],
      [401, 'days'],
      [401, 'workingDays'],
      [9601, 'workingHours'],
    ] as const)
      expect(verdict(amount, unit)).toBe('unreadPeriodOutOfRange')
    for (const amount of [1.5, Number.NaN, Infinity]) expect(verdict(amount, 'days')).toBe('unreadPeriodAmount')
  })

  it('has minutes and seconds only where they are allowed', () => {
    expect(verdict(90, 'minutes')).toBe('unreadPeriodUnit')
    expect(verdict(1, 'seconds', true)).toBe('ok')
    expect(verdict(0, 'seconds', true)).toBe('unreadPeriodOutOfRange')
    expect(verdict(401 * 86_400, 'seconds', true)).toBe('unreadPeriodOutOfRange')
  })
})

import { describe, expect, it } from 'vitest'
import { isOrganisationId, isPersonId, kindOfId } from '../../domain/national-id.ts'

/** Completes nine digits with the check digits of a birth number; undefined where there are none. */
function person(nine: string): string | undefined {
  const sum = (digits: string, weights: number[]) =>
    weights.reduce((all, weight, index) => all + weight * Number(digits[index]), 0)
  const check = (value: number) => (11 - (value % 11)) % 11
  const first = check(sum(nine, [3, 7, 6, 1, 8, 9, 4, 5, 2]))
  const second = check(sum(`${nine}${first}`, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]))
  return first === 10 || second === 10 ? undefined : `${nine}${first}${second}`
}

/** The first number of that date whose check digits exist. */
function someone(date: string, individual: number): string {
  for (let next = individual; next < individual + 40; next += 1) {
    const id = person(`${date}${String(next).padStart(3, '0')}`)
    if (id) return id
  }
  throw new Error('no such number')
}

const strict = { allowSynthetic: false }
const lenient = { allowSynthetic: true }

describe('a birth number', () => {
  it('has a real date of its century and right check digits', () => {
    for (const id of [
      someone('010175', 100),
      someone('290204', 600),
      someone('311299', 499),
      someone('010160', 700),
      someone('010139', 950),
      someone('010145', 950),
    ])
      expect(isPersonId(id, strict), id).toBe(true)
  })

  it('is refused with a date that does not exist, a wrong check digit, or another length', () => {
    const valid = someone('010175', 100)
    for (const id of [someone('310275', 100), someone('290201', 600), someone('001375', 100), someone('321275', 100)])
      expect(isPersonId(id, strict), id).toBe(false)
    for (let position = 0; position < 11; position += 1) {
      const changed = valid.slice(0, position) + String((Number(valid[position]) + 1) % 10) + valid.slice(position + 1)
      expect(isPersonId(changed, lenient), changed).toBe(false)
    }
    for (const id of ['', '1234567890', `${valid}0`, `${valid.slice(0, 10)}x`, ` ${valid.slice(1)}`, '00000000000'])
      expect(isPersonId(id, lenient), id).toBe(false)
  })

  it('of the years between the centuries belongs to nobody', () => {
    expect(isPersonId(someone('010145', 600), strict)).toBe(false)
  })

  it('may be a D-number, with 40 added to the day', () => {
    expect(isPersonId(someone('410175', 100), strict)).toBe(true)
    expect(isPersonId(someone('720175', 100), strict)).toBe(false)
  })

  it('is synthetic with 80 (Tenor) or 40 (Dolly) added to the month, and counts only where that is allowed', () => {
    for (const id of [someone('018175', 100), someone('014175', 100), someone('418175', 100), '15888012394']) {
      expect(isPersonId(id, lenient), id).toBe(true)
      expect(isPersonId(id, strict), id).toBe(false)
    }
    expect(isPersonId(someone('019375', 100), lenient)).toBe(false)
  })
})

it('an organisation number has nine digits and a right check digit', () => {
  for (const id of ['974760673', '971032146', '310076783']) expect(isOrganisationId(id), id).toBe(true)
  for (const id of ['974760674', '97476067', '9747606733', '000000000', 'abcdefghi'])
    expect(isOrganisationId(id), id).toBe(false)
})

it('eleven digits are a person, nine an organisation', () => {
  expect(['15888012394', '974760673', '123', ''].map(kindOfId)).toEqual([
    'person',
    'organisation',
    undefined,
    undefined,
  ])
})

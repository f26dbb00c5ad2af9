import { describe, expect, it } from 'vitest'
import { a4, addressBox, addressCorner, addressFont, sheetsOf } from '../../domain/print-rules.ts'

describe('the address on the front page', () => {
  it('stands in the window of a C5 envelope', () => {
    // From the left 15 mm, from the top 44 mm, 105 mm wide, 35 mm high.
    expect(addressBox.leftMm).toBeGreaterThanOrEqual(15)
    expect(addressBox.rightMm).toBeLessThanOrEqual(15 + 105)
    expect(addressBox.topMm).toBeGreaterThanOrEqual(44)
    expect(addressBox.bottomMm).toBeLessThanOrEqual(44 + 35)
  })

  it('has room for a name, three lines, postal code, country and one that wraps', () => {
    expect(7 * addressFont.leadingMm).toBeLessThanOrEqual(addressBox.bottomMm - addressBox.topMm)
  })

  it('lies within the corner that is kept free, and that within the sheet', () => {
    expect(addressBox.rightMm).toBeLessThanOrEqual(addressCorner.widthMm)
    expect(addressBox.bottomMm).toBeLessThanOrEqual(addressCorner.heightMm)
    expect(addressCorner.widthMm).toBeLessThanOrEqual(a4.widthMm)
    expect(addressCorner.heightMm).toBeLessThanOrEqual(a4.heightMm)
  })
})

it('two pages share a sheet only when both its sides are printed on', () => {
  expect([1, 2, 3, 4].map((pages) => sheetsOf(pages, { duplex: true }))).toEqual([1, 1, 2, 2])
  expect([1, 2, 3, 4].map((pages) => sheetsOf(pages, { duplex: false }))).toEqual([1, 2, 3, 4])
})

/** ISO 216, in mm. */
export const a4 = { widthMm: 210, heightMm: 297 } as const

/**
 * Where the recipient's name and address stand, from the top left corner of the front page: inside the windows of C5 and C4
 * envelopes with room for the sheet to shift. @see officeconsult.no, Brevmaler: plassering av mottakerfelt (2026-11)
 */
export const addressBox = { leftMm: 20, rightMm: 105, topMm: 46, bottomMm: 77 } as const

/** The corner that holds nothing but the address and the sender's line above it. @see Digdir, Sikker digital post, brev (2017) */
export const addressCorner = { widthMm: 125, heightMm: 89 } as const

/** Seven lines fit at this size. @see Posten, addressing rules: 10–12 pt, single spacing */
export const addressFont = { sizePt: 10.5, leadingMm: 4.4 } as const

/** Sheets of paper that pages take. */
export function sheetsOf(pages: number, { duplex }: { duplex: boolean }): number {
  return duplex ? Math.ceil(pages / 2) : pages
}

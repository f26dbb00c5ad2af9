/** Check digits of birth numbers: each sum with its control digit is divisible by 11. @see Skatteetaten, Fødselsnummer og D-nummer (2025) */
const firstWeights = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]
const secondWeights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
/** @see Brønnøysundregistrene, Om organisasjonsnummeret (2025) */
const organisationWeights = [3, 2, 7, 6, 5, 4, 3, 2, 1]

export type IdKind = 'person' | 'organisation'

export function kindOfId(id: string): IdKind | undefined {
  if (/^\d{11}$/.test(id)) return 'person'
  return /^\d{9}$/.test(id) ? 'organisation' : undefined
}

/**
 * A birth number or D-number (day + 40) whose date exists and whose check digits are right. Synthetic numbers have month + 80
 * (Tenor, Skatteetaten) or + 40 (Dolly, NAV) and count only where they are allowed.
 */
export function isPersonId(id: string, { allowSynthetic }: { allowSynthetic: boolean }): boolean {
  if (kindOfId(id) !== 'person') return false
  const [day, month, year] = [Number(id.slice(0, 2)), Number(id.slice(2, 4)), Number(id.slice(4, 6))]
  const synthetic = month > 80 ? 80 : month > 40 ? 40 : 0
  if (synthetic > 0 && !allowSynthetic) return false
  const century = centuryOf(Number(id.slice(6, 9)), year)
  if (century === undefined) return false
  return isDate(century + year, month - synthetic, day > 40 ? day - 40 : day) && hasCheckDigits(id)
}

export function isOrganisationId(id: string): boolean {
  return kindOfId(id) === 'organisation' && id[0] !== '0' && weighted(id, organisationWeights) % 11 === 0
}

/** The century that the three individual digits stand for. @see Skatteetaten, the same */
function centuryOf(individual: number, year: number): number | undefined {
  if (individual <= 499) return 1900
  if (individual <= 749 && year >= 54) return 1800
  if (year <= 39) return 2000
  return individual >= 900 && year >= 40 ? 1900 : undefined
}

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

function hasCheckDigits(id: string): boolean {
  return weighted(id, firstWeights) % 11 === 0 && weighted(id, secondWeights) % 11 === 0
}

function weighted(digits: string, weights: number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0)
}

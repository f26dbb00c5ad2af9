import type { PostalAddress } from './shipment.ts'

/** The lines below the name, as they stand on an envelope; abroad the country comes last, in capitals. */
export function addressLines(address: PostalAddress): string[] {
  const isAbroad = address.country !== undefined && address.country !== 'NO'
  return [
    ...address.lines,
    [address.postalCode, address.city].filter((part) => part !== undefined && part !== '').join(' '),
    ...(isAbroad && address.country ? [countryName(address.country)] : []),
  ]
}

/** Posten asks for the country in Norwegian, or in the language of the destination. */
function countryName(code: string): string {
  return (new Intl.DisplayNames(['nb'], { type: 'region' }).of(code) ?? code).toUpperCase()
}

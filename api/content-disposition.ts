/** A file name of any letters, and an ASCII one for old readers. @see RFC 6266 section 5, RFC 8187 section 3.2 */
export function contentDisposition(kind: 'inline' | 'attachment', fileName: string): string {
  const ascii = fileName
    .normalize('NFKD')
    .replaceAll(/[æøåÆØÅ]/g, (letter) => norwegian[letter] ?? letter)
    .replaceAll(/[\u0300-\u036F]/g, '')
    .replaceAll(/[^\x20-\x7E]|["\\%]/g, '_')
  const encoded = encodeURIComponent(fileName).replaceAll(/['()*]/g, percentEncoded)
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** å falls apart into a and a ring; these two have no parts. */
const norwegian: Partial<Record<string, string>> = { æ: 'ae', ø: 'o', Æ: 'AE', Ø: 'O' }

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

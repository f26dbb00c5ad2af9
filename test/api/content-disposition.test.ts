import { expect, test } from 'vitest'
import { contentDisposition } from '../../api/content-disposition.ts'

test.each([
  ['vedtak.pdf', 'vedtak.pdf', 'vedtak.pdf'],
  ['Søknad på gård.pdf', 'Soknad pa gard.pdf', 'S%C3%B8knad%20p%C3%A5%20g%C3%A5rd.pdf'],
  ['Čálus ŋ.pdf', 'Calus _.pdf', '%C4%8C%C3%A1lus%20%C5%8B.pdf'],
  ['a"b\\c%.pdf', 'a_b_c_.pdf', 'a%22b%5Cc%25.pdf'],
  ["it's (1)*.pdf", "it's (1)*.pdf", 'it%27s%20%281%29%2A.pdf'],
  ['a\r\nb.pdf', 'a__b.pdf', 'a%0D%0Ab.pdf'],
])('%j is named for old readers and new', (fileName, ascii, encoded) => {
  expect(contentDisposition('attachment', fileName)).toBe(
    `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
  )
})

import { describe, expect, it } from 'vitest'
import { validateShipment } from '../../domain/rules.ts'
import type { Recipient, ShipmentRequest } from '../../domain/shipment.ts'
import { aRequest } from '../factories/shipment.ts'

const settings = { allowShort: false, allowSynthetic: false }
const found = (request: ShipmentRequest) =>
  validateShipment(request, settings).map(({ pointer, code }) => `${pointer} ${code}`)
const recipient = (changed: Partial<Recipient>) => aRequest({ recipient: { ...aRequest().recipient, ...changed } })
const address = (changed: Partial<NonNullable<Recipient['address']>>) =>
  recipient({ address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo', ...changed } })
const named = (...names: string[]) =>
  aRequest({ documents: names.map((fileName) => ({ fileName, mimeType: 'application/pdf' })) })
const one = (changed: Partial<ShipmentRequest['documents'][number]>) =>
  aRequest({ documents: [{ fileName: 'a.pdf', mimeType: 'application/pdf', ...changed }] })
const onlyDigital = (changed: Partial<ShipmentRequest> = {}) => aRequest({ digitalOnly: true, ...changed })
const { address: _address, ...withoutAddress } = aRequest().recipient

describe('what is let in', () => {
  const fine: [what: string, request: ShipmentRequest][] = [
    ['an ordinary shipment', aRequest()],
    ['a title of 1000 characters', aRequest({ title: 'a'.repeat(1000) })],
    ['an organisation', recipient({ personId: undefined, organisationId: '974760673' })],
    ['only an address', recipient({ personId: undefined })],
    ['an address abroad without postal code', address({ postalCode: undefined, country: 'SE' })],
    ['digital only without an address', onlyDigital({ recipient: withoutAddress })],
    ['a file name of 226 characters', named('a'.repeat(226))],
    ['two names that differ by more than case', named('a.pdf', 'b.pdf')],
    ['another type than PDF', one({ mimeType: 'text/plain' })],
    ['a cost code with every character', aRequest({ costCode: 'aZ09-._øÅ' })],
    ['readers of both kinds', aRequest({ visibleTo: ['974760673', '01010750160'] })],
    ['a mobile with its country', recipient({ mobile: '+4791234567' })],
    ['a mobile of eight digits', recipient({ mobile: '91234567' })],
    ['an e-mail address of letters beyond ASCII', recipient({ email: 'kåre+brev@blå.bær.no' })],
    ['names of several alphabets, and an emoji', aRequest({ title: 'Čáhcesuolu, Łódź, Київ 📬' })],
    ['an empty sender system, as eFormidling sends', aRequest({ senderSystem: '' })],
    ['the security level high without encryption', aRequest({ securityLevel: 'high' })],
    [
      'one document excluded from print beside one that is not',
      {
        ...aRequest(),
        documents: [
          { fileName: 'a.pdf', mimeType: 'application/pdf' },
          { fileName: 'b.pdf', mimeType: 'application/pdf', excludeFromPrint: true },
        ],
      },
    ],
    ['digital only with everything excluded from print', { ...one({ excludeFromPrint: true }), digitalOnly: true }],
  ]
  for (const [what, request] of fine) it(what, () => expect(found(request)).toEqual([]))
})

describe('what is refused, with field and rule', () => {
  const wrong: [what: string, request: ShipmentRequest, expected: string[]][] = [
    ['an empty title', aRequest({ title: '  ' }), ['/title empty']],
    ['a title of 1001 characters', aRequest({ title: 'a'.repeat(1001) }), ['/title tooLong']],
    ['a name of 101 characters', recipient({ name: 'a'.repeat(101) }), ['/recipient/name tooLong']],
    ['a wrong birth number', recipient({ personId: '01010750161' }), ['/recipient/personId personIdInvalid']],
    ['a synthetic birth number', recipient({ personId: '15888012394' }), ['/recipient/personId personIdInvalid']],
    [
      'a wrong organisation number',
      recipient({ personId: undefined, organisationId: '974760674' }),
      ['/recipient/organisationId organisationIdInvalid'],
    ],
    ['both numbers', recipient({ organisationId: '974760673' }), ['/recipient/organisationId twoRecipientIds']],
    ['no address', aRequest({ recipient: withoutAddress }), ['/recipient/address addressMissing']],
    ['no address line', address({ lines: [] }), ['/recipient/address/lines addressLines']],
    ['four address lines', address({ lines: ['1', '2', '3', '4'] }), ['/recipient/address/lines addressLines']],
    ['an address line of 71 characters', address({ lines: ['a'.repeat(71)] }), ['/recipient/address/lines/0 tooLong']],
    [
      'a postal code of three digits',
      address({ postalCode: '155' }),
      ['/recipient/address/postalCode postalCodeFormat'],
    ],
    [
      'no postal code in Norway',
      address({ postalCode: undefined, country: 'NO' }),
      ['/recipient/address/postalCode postalCodeFormat'],
    ],
    [
      'a long postal code abroad',
      address({ postalCode: '1'.repeat(21), country: 'SE' }),
      ['/recipient/address/postalCode tooLong'],
    ],
    ['a country by name', address({ country: 'Norge' }), ['/recipient/address/country countryFormat']],
    ['a city of 71 characters', address({ city: 'a'.repeat(71) }), ['/recipient/address/city tooLong']],
    ['no e-mail address', recipient({ email: 'kari' }), ['/recipient/email emailFormat']],
    ['no mobile number', recipient({ mobile: '123' }), ['/recipient/mobile mobileFormat']],
    [
      'digital only without a digital id',
      onlyDigital({ recipient: { name: 'Kari' } }),
      ['/recipient/personId digitalIdMissing'],
    ],
    ['no document', aRequest({ documents: [] }), ['/documents documentCount']],
    [
      '101 documents',
      named(...Array.from({ length: 101 }, (_, index) => `${index}.pdf`)),
      ['/documents documentCount'],
    ],
    ['a file name of 227 characters', named('a'.repeat(227)), ['/documents/0/fileName tooLong']],
    ['two names that differ by case', named('a.pdf', 'A.PDF'), ['/documents/1/fileName fileNameTwice']],
    ['two names that differ by composition', named('å.pdf', 'a\u030a.pdf'), ['/documents/1/fileName fileNameTwice']],
    ['no type and subtype', one({ mimeType: 'pdf' }), ['/documents/0/mimeType mimeTypeFormat']],
    ['a giro page 0', one({ giroPages: [0] }), ['/documents/0/giroPages giroPages']],
    ['a giro page twice', one({ giroPages: [1, 1] }), ['/documents/0/giroPages giroPages']],
    ['everything excluded from print', one({ excludeFromPrint: true }), ['/documents nothingToPrint']],
    ['a cost code with a space', aRequest({ costCode: 'a b' }), ['/costCode costCodeFormat']],
    ['a cost code of 21 characters', aRequest({ costCode: 'a'.repeat(21) }), ['/costCode costCodeFormat']],
    ['a reference of 101 characters', aRequest({ externalReference: 'a'.repeat(101) }), ['/externalReference tooLong']],
    ['a reader that is nobody', aRequest({ visibleTo: ['123'] }), ['/visibleTo/0 readerInvalid']],
    ['a reader twice', aRequest({ visibleTo: ['974760673', '974760673'] }), ['/visibleTo/1 readerTwice']],
    [
      'an unread period of 0',
      aRequest({ unreadPeriod: { amount: 0, unit: 'days' } }),
      ['/unreadPeriod unreadPeriodOutOfRange'],
    ],
    ['an id that is no UUID', aRequest({ id: '1' }), ['/id idFormat']],
  ]
  for (const [what, request, expected] of wrong) it(what, () => expect(found(request)).toEqual(expected))

  for (const character of [...'"<>?*|:\\/', '\n', '\0'])
    it(`a file name with ${JSON.stringify(character)}`, () =>
      expect(found(named(`a${character}b`))).toEqual(['/documents/0/fileName fileNameCharacters']))

  const texts: [pointer: string, holding: (text: string) => ShipmentRequest][] = [
    ['/title', (title) => aRequest({ title })],
    ['/recipient/name', (name) => recipient({ name })],
    ['/recipient/address/lines/0', (line) => address({ lines: [line] })],
    ['/recipient/address/city', (city) => address({ city })],
    ['/recipient/address/postalCode', (postalCode) => address({ postalCode, country: 'SE' })],
    ['/senderSystem', (senderSystem) => aRequest({ senderSystem })],
    ['/externalReference', (externalReference) => aRequest({ externalReference })],
    ['/correlationId', (correlationId) => aRequest({ correlationId })],
  ]
  for (const [pointer, holding] of texts)
    it(`control characters, line breaks and half characters in ${pointer}`, () => {
      for (const text of ['a\0b', 'a\nb', 'a\r', '\u001b[2J', 'a\u007f', 'a\u0085', 'a\u2028b', 'a\ud83d', '\udceb b'])
        expect(found(holding(text)), JSON.stringify(text)).toEqual([`${pointer} textCharacters`])
    })

  it('half a character in a file name', () => {
    expect(found(named('a\ud83d.pdf'))).toEqual(['/documents/0/fileName fileNameCharacters'])
  })

  for (const email of [
    'x,kari@example.com',
    'x;kari@example.com',
    'x:kari@example.com',
    'kari(x)@example.com',
    'a\0@b.no',
  ])
    it(`an e-mail address that a mail program would read as another: ${JSON.stringify(email)}`, () =>
      expect(found(recipient({ email }))).toEqual(['/recipient/email emailFormat']))

  it('what is too much by its count, without an error for each beyond the bound', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => String(index))
    expect(found(aRequest({ visibleTo: many }))).toHaveLength(1 + 100)
    expect(found(named(...many.map(() => '')))).toHaveLength(1 + 100 * 2 - 1)
    expect(found(address({ lines: many.map(() => '') }))).toHaveLength(1 + 3)
  })

  it('everything at once, each naming its field', () => {
    const request = { ...recipient({ name: '', email: 'x' }), title: '', costCode: ' ' }
    expect(found(request)).toEqual([
      '/title empty',
      '/recipient/name empty',
      '/recipient/email emailFormat',
      '/costCode costCodeFormat',
    ])
    for (const { message } of validateShipment(request, settings))
      expect(message).toMatch(/title|recipient\.(name|email)|costCode/)
  })
})

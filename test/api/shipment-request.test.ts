import { expect, test } from 'vitest'
import { checkShipmentRequest } from '../../api/shipment-request.ts'
import { aRequest } from '../factories/shipment.ts'

const rules = { allowShort: false, allowSynthetic: false }

function errorsOf(body: unknown): (string | undefined)[][] {
  const { errors } = checkShipmentRequest(body, rules)
  return (errors ?? []).map((error) => ['pointer' in error ? error.pointer : undefined, error.code]).toSorted()
}

test('what keeps every rule is the request', () => {
  expect(checkShipmentRequest(aRequest(), rules)).toEqual({ request: aRequest() })
})

test('unknown fields are errors wherever they stand, by pointer', () => {
  const body = {
    ...aRequest(),
    colour: true,
    'a/b~c': 1,
    recipient: { ...aRequest().recipient, address: { ...aRequest().recipient.address, floor: 2 } },
    documents: [{ fileName: 'a.pdf', mimeType: 'application/pdf', pages: 2 }],
  }
  expect(errorsOf(body)).toEqual([
    ['/a~1b~0c', 'unknownField'],
    ['/colour', 'unknownField'],
    ['/documents/0/pages', 'unknownField'],
    ['/recipient/address/floor', 'unknownField'],
  ])
})

test('errors of shape and broken rules come together', () => {
  const body = {
    ...aRequest(),
    title: 7,
    recipient: { ...aRequest().recipient, personId: '01010750161', language: 'fr' },
    documents: [{ fileName: 'a?.pdf', mimeType: 'application/pdf' }, { fileName: 'b.pdf' }],
    unreadPeriod: { amount: 2, unit: 'fortnights' },
    extra: 1,
  }
  expect(errorsOf(body)).toEqual([
    ['/documents/0/fileName', 'fileNameCharacters'],
    ['/documents/1/mimeType', 'required'],
    ['/extra', 'unknownField'],
    ['/recipient/language', 'unknownValue'],
    ['/recipient/personId', 'personIdInvalid'],
    ['/title', 'wrongType'],
    ['/unreadPeriod/unit', 'unknownValue'],
  ])
})

test('what is missing is said once, not also as a broken rule', () => {
  expect(errorsOf({})).toEqual([
    ['/documents', 'required'],
    ['/recipient', 'required'],
    ['/title', 'required'],
  ])
})

test.each([
  [{ ...aRequest(), documents: ['a.pdf'] }, '/documents/0', 'wrongType'],
  [{ ...aRequest(), visibleTo: [null] }, '/visibleTo/0', 'wrongType'],
  [{ ...aRequest(), id: '17' }, '/id', 'invalidFormat'],
  [{ ...aRequest(), recipient: 'Kari' }, '/recipient', 'wrongType'],
  [{ ...aRequest(), digitalOnly: null }, '/digitalOnly', 'wrongType'],
  [[], '', 'wrongType'],
  [null, '', 'wrongType'],
  ['text', '', 'wrongType'],
])('%j is refused at %s', (body, pointer, code) => {
  expect(errorsOf(body)).toEqual([[pointer, code]])
})

test('a field named as a part of every object harms nothing', () => {
  const body: unknown = JSON.parse('{"__proto__": {"title": "x"}, "title": "T"}')
  expect(errorsOf(body)).toEqual([
    ['/__proto__', 'unknownField'],
    ['/documents', 'required'],
    ['/recipient', 'required'],
  ])
})

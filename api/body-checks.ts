import { bodyLimit } from 'hono/body-limit'
import type { RulesConfig } from '../config.ts'
import { checkUnreadPeriod } from '../domain/deadlines.ts'
import { isOrganisationId, isPersonId } from '../domain/national-id.ts'
import type { UnreadPeriod } from '../domain/shipment.ts'
import { Problem } from './problem.ts'
import type { FieldError } from './problem.ts'

const maxBodyBytes = 64 * 1024
/** Clocks differ; what lies further ahead is a mistake. A guess. */
const clockToleranceMs = 60_000
/** @see KS SvarUt, forsendelse-send-api-v3 (2026-03-09): the same as a recipient's name. */
const maxNameLength = 100

/** For what isn't an upload. */
export const limitBody = bodyLimit({
  maxSize: maxBodyBytes,
  onError: () => {
    throw new Problem('bodyTooLarge', { detail: `At most ${maxBodyBytes} bytes are taken here.` })
  },
})

/** @throws Problem `invalidRequest`, with all of them. */
export function refuseIfAny(errors: FieldError[]): void {
  if (errors.length > 0) throw new Problem('invalidRequest', { errors })
}

/** Of an unread period that lies at the pointer `within` the body. */
export function periodErrors(
  period: UnreadPeriod,
  { within, rules }: { within: string; rules: RulesConfig },
): FieldError[] {
  const verdict = checkUnreadPeriod(period, rules)
  if (verdict === 'ok') return []
  const field = verdict.code === 'unreadPeriodUnit' ? 'unit' : 'amount'
  return [{ pointer: `${within}/${field}`, code: verdict.code, detail: verdict.message }]
}

export function futureErrors(pointer: string, time: string): FieldError[] {
  if (Date.parse(time) <= Date.now() + clockToleranceMs) return []
  return [
    { pointer, code: 'inTheFuture', detail: 'This lies in the future: see that the clock and the offset are right.' },
  ]
}

export type ReaderGiven = {
  personId?: string | undefined
  organisationId?: string | undefined
  name?: string | undefined
}

/** A reader is known by exactly one of number and name. */
export function readerErrors(reader: ReaderGiven, { allowSynthetic }: RulesConfig): FieldError[] {
  const { personId, organisationId, name } = reader
  const errors: FieldError[] = []
  if (Object.values(reader).filter((each) => each !== undefined).length !== 1)
    errors.push({ pointer: '/reader', code: 'oneReader', detail: 'Give one of personId, organisationId and name.' })
  if (personId !== undefined && !isPersonId(personId, { allowSynthetic }))
    errors.push({
      pointer: '/reader/personId',
      code: 'personIdInvalid',
      detail: 'This must be a birth number or D-number.',
    })
  if (organisationId !== undefined && !isOrganisationId(organisationId))
    errors.push({
      pointer: '/reader/organisationId',
      code: 'organisationIdInvalid',
      detail: 'This must be an organisation number.',
    })
  if (name !== undefined && (name.trim() === '' || name.length > maxNameLength))
    errors.push({
      pointer: '/reader/name',
      code: 'nameLength',
      detail: `This must be 1 to ${maxNameLength} characters.`,
    })
  return errors
}

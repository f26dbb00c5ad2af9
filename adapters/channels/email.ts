import { createTransport } from 'nodemailer'
import type { Language } from '../../domain/shipment.ts'
import type { Notice, NoticeChannel } from './contract.ts'

export type EmailNoticeOptions = {
  /** smtp:// or smtps://, with user and password where needed. */
  smtpUrl: string
  from: string
  /** Limit on one notice, from connecting to the server's last answer. */
  timeoutMs: number
}

const mostConnections = 5

/** Tells by e-mail that a letter waits; neither title nor name stands in it. */
export function createEmailNotice({ smtpUrl, from, timeoutMs }: EmailNoticeOptions): NoticeChannel {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: mostConnections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  })
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    name: 'email',
    send: async (notice) => {
      const words = texts[notice.language]
      const mail = {
        from,
        to: notice.to,
        messageId: `<${notice.noticeId}.${notice.shipmentId}@${domain}>`,
        subject: words.subject(notice),
        text: words.text(notice),
        // RFC 3834: no holiday replies to a notice.
        headers: { 'Auto-Submitted': 'auto-generated' },
      }
      try {
        await within(timeoutMs, transport.sendMail(mail))
        return 'accepted'
      } catch (error) {
        if (isRefusedForGood(error)) return 'refusedForGood'
        // nodemailer's errors carry the recipient's address.
        throw new Error(`The mail server did not take the notice: ${describe(error)}`)
      }
    },
    close: () => transport.close(),
  }
}

type SmtpError = { code?: string; command?: string; responseCode?: number; response?: string }

/**
 * A permanent answer about this recipient or message. Refusals of the connection, of our login or of us as sender are no verdict
 * about the recipient, nor are x.7.x (policy) and x.3.x (the system's state). @see RFC 5321 § 4.2.1, RFC 3463 § 3
 */
function isRefusedForGood(error: unknown): boolean {
  const { command, responseCode, response } = smtpError(error)
  if (responseCode === undefined || responseCode < 500 || responseCode > 599) return false
  if (/^5\d\d[ -]5\.[37]\./.test(response ?? '')) return false
  return command === 'RCPT TO' || command === 'DATA'
}

function describe(error: unknown): string {
  const { code, command, responseCode } = smtpError(error)
  return [code ?? 'no answer', command, responseCode].filter((part) => part !== undefined).join(' ')
}

function smtpError(error: unknown): SmtpError {
  return typeof error === 'object' && error !== null ? error : {}
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const texts: Record<Language, { subject: (notice: Notice) => string; text: (notice: Notice) => string }> = {
  nb: {
    subject: ({ senderName }) => `Du har fått et brev fra ${senderName}`,
    text: ({ senderName }) =>
      `Du har fått et brev fra ${senderName}.\n\nBrevet ligger klart i den digitale postkassen. Leser du det ikke i tide, kan du få det på papir.\n`,
  },
  nn: {
    subject: ({ senderName }) => `Du har fått eit brev frå ${senderName}`,
    text: ({ senderName }) =>
      `Du har fått eit brev frå ${senderName}.\n\nBrevet ligg klart i den digitale postkassa. Les du det ikkje i tide, kan du få det på papir.\n`,
  },
  en: {
    subject: ({ senderName }) => `You have received a letter from ${senderName}`,
    text: ({ senderName }) =>
      `You have received a letter from ${senderName}.\n\nIt is waiting in your digital mailbox. If you do not read it in time, you may receive it on paper.\n`,
  },
}

import { startMailServer } from './keep-mail.ts'

/*
 * Process: the mail server of `npm start`. SMTP_PORT is where it listens (127.0.0.1), MAIL_DIR the folder of the mails.
 */
const { SMTP_PORT, MAIL_DIR } = process.env
if (!SMTP_PORT || !MAIL_DIR) throw new Error('SMTP_PORT and MAIL_DIR must be set; `npm start` does that.')

const server = await startMailServer({ port: Number(SMTP_PORT), folder: MAIL_DIR })
console.log(`Keeps mail for 127.0.0.1:${server.port} in ${MAIL_DIR}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void server.close().then(() => process.exit(0)))

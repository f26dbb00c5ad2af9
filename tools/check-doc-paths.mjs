// Every path that README.md names in backticks or links must exist: `npm run check`.
import { existsSync, readFileSync } from 'node:fs'

const made = /^(data|dist|node_modules)\b/
const text = readFileSync('README.md', 'utf8').replaceAll(/```[\s\S]*?```/g, '')
const quoted = [...text.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path)
const linked = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path)
const looksLikePath = (path) => /\/|\.(ts|tsx|mjs|json|yml|md)$/.test(path) && !path.startsWith('/')
const missing = [...quoted.filter(looksLikePath), ...linked].filter((path) => !made.test(path) && !existsSync(path))
for (const path of missing) process.stderr.write(`README.md names ${path}, which does not exist\n`)
process.exit(missing.length > 0 ? 1 : 0)

/** Of the documentation page; its hash stands in the page's Content-Security-Policy. */
export const docsStyle = `
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --link: #0a58ca }
@media (prefers-color-scheme: dark) { :root { --link: #8ab4f8 } }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 20rem minmax(0, 1fr) }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .875rem }
nav ul { list-style: none; margin: 0; padding: 0 } nav p { margin: .75rem 0 .25rem; font-weight: 600 } nav a { text-decoration: none }
main { padding: 1rem 2rem 4rem; max-width: 56rem }
a { color: var(--link) } a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: 1rem; z-index: 1; background: Canvas; padding: .5rem }
section { border-top: 1px solid var(--line); margin-top: 2rem } section:target h3, tr:target { background: var(--soft) }
h3 b { font-size: .875rem } h4 { margin-bottom: .25rem }
dl { margin: 0; border-left: 2px solid var(--line); padding-left: .75rem } dd { margin: 0 0 .5rem 1rem } dt span { font-size: .875rem }
code { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: anywhere }
pre { background: var(--soft); padding: .75rem; overflow: auto }
table { border-collapse: collapse } th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto; border: 0 } main { padding: 1rem } }
`

// Keeps the page up to date: asks for it again every few seconds, and replaces the parts that
// changed. The page is written in one place, by the sink; without this script it is only not live.

const EVERY_MS = 3_000
const LONGEST_PAUSE_MS = 30_000
const TIMEOUT_MS = 10_000

const note = document.getElementById('live')
const button = document.getElementById('pause')
let failures = 0
let answeredAt = new Date()
let paused = false
let timer

function schedule() {
  clearTimeout(timer)
  if (paused || document.hidden) return
  timer = setTimeout(refresh, Math.min(LONGEST_PAUSE_MS, EVERY_MS * 2 ** Math.min(failures, 4)))
}

async function refresh() {
  clearTimeout(timer)
  try {
    const url = location.pathname + location.search
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    failures = 0
    answeredAt = new Date()
    if (!paused) take(page)
    tell(paused ? 'Paused.' : `Live, every ${EVERY_MS / 1000} s.`, false)
  } catch {
    failures += 1
    tell(
      `No answer from the sink since ${answeredAt.toLocaleTimeString()}: what is shown is old.`,
      true,
    )
  }
  schedule()
}

function take(page) {
  document.title = page.title
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = page.getElementById(part.id)
    if (next === null) continue
    if (part.className !== next.className) part.className = next.className
    if (part.innerHTML !== next.innerHTML && !isBeingRead(part)) replace(part, next)
  }
}

/** Text that somebody is selecting, to copy it, stays under the pointer. */
function isBeingRead(part) {
  const selection = document.getSelection()
  return selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode)
}

/** What has the focus, and how far tables are scrolled, is kept. */
function replace(part, next) {
  const focused = part.contains(document.activeElement)
    ? placeOf(document.activeElement)
    : undefined
  const scrolled = [...part.querySelectorAll('.scroll')].map(({ id, scrollLeft, scrollTop }) => ({
    id,
    scrollLeft,
    scrollTop,
  }))
  part.replaceChildren(...document.importNode(next, true).childNodes)
  for (const { id, scrollLeft, scrollTop } of scrolled) {
    const table = document.getElementById(id)
    table?.scrollTo(scrollLeft, scrollTop)
  }
  if (focused !== undefined) elementAt(part, focused)?.focus({ preventScroll: true })
}

function placeOf({ id, tagName, href, textContent }) {
  return { id, tagName, href, text: textContent }
}

function elementAt(part, { id, tagName, href, text }) {
  if (id !== '') return document.getElementById(id)
  const alike = [...part.querySelectorAll(tagName)].filter((each) => each.href === href)
  return alike.find((each) => each.textContent === text) ?? alike[0]
}

function tell(text, isLost) {
  if (note.textContent === text) return
  note.textContent = text
  note.classList.toggle('lost', isLost)
  // Said aloud only when the sink is lost or back, not with each update.
  note.setAttribute('role', isLost ? 'alert' : 'note')
}

button.hidden = false
button.addEventListener('click', () => {
  paused = !paused
  button.textContent = paused ? 'Go on' : 'Pause'
  button.setAttribute('aria-pressed', String(paused))
  if (!paused) return void refresh()
  clearTimeout(timer)
  tell('Paused.', false)
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused) void refresh()
})
tell(`Live, every ${EVERY_MS / 1000} s.`, false)
schedule()

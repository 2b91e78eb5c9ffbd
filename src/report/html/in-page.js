// Runs in the page: tips for pointer and keyboard, the theme, the place in the table of contents. The page is whole without it.

const tip = document.getElementById('tip')
const spoken = document.getElementById('spoken')

function showTip(text, x, y) {
  tip.textContent = text
  tip.hidden = false
  const { width, height } = tip.getBoundingClientRect()
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`
}

function hideTip() {
  tip.hidden = true
  for (const mark of document.querySelectorAll('.visited')) mark.classList.remove('visited')
}

document.addEventListener('pointermove', ({ target, clientX, clientY }) => {
  const mark = target instanceof Element ? target.closest('[data-tip]') : null
  if (mark === null) hideTip()
  else showTip(mark.dataset.tip, clientX, clientY)
})
document.addEventListener('pointerdown', ({ target, clientX, clientY }) => {
  const mark = target instanceof Element ? target.closest('[data-tip]') : null
  if (mark !== null) showTip(mark.dataset.tip, clientX, clientY)
})

/** Arrow keys go from mark to mark of the chart in focus; Home and End to the first and last. */
const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') return hideTip()
  const chart = document.activeElement
  if (!chart?.classList.contains('chart')) return
  const marks = [...chart.querySelectorAll('[data-tip]')].filter((mark) => mark.getClientRects().length > 0)
  if (marks.length === 0) return
  const at = marks.findIndex((mark) => mark.classList.contains('visited'))
  const step = steps[event.key]
  let next
  if (event.key === 'Home') next = 0
  else if (event.key === 'End') next = marks.length - 1
  else if (step !== undefined) next = at < 0 ? 0 : Math.max(0, Math.min(marks.length - 1, at + step))
  else return
  event.preventDefault()
  hideTip()
  const mark = marks[next]
  mark.classList.add('visited')
  mark.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  const { left, width, top, height } = mark.getBoundingClientRect()
  showTip(mark.dataset.tip, left + width / 2, top + height / 2)
  spoken.textContent = mark.dataset.tip
})
document.addEventListener('focusout', hideTip)
document.addEventListener('scroll', () => {
  if (document.querySelector('.visited') === null) tip.hidden = true
})

/** Follows the system until the button says otherwise. Some browsers keep nothing for pages from a file. */
const themes = ['system', 'light', 'dark']
const button = document.querySelector('.theme')
function setTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  button.textContent = `Theme: ${theme}`
}
let theme = 'system'
try {
  const stored = localStorage.getItem('onnx-tailor-theme')
  if (themes.includes(stored)) theme = stored
} catch {}
setTheme(theme)
button.hidden = false
button.addEventListener('click', () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length]
  setTheme(theme)
  try {
    localStorage.setItem('onnx-tailor-theme', theme)
  } catch {}
})

const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]))
const inView = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue
      for (const link of links.values()) link.classList.remove('current')
      links.get(target.id)?.classList.add('current')
    }
  },
  { rootMargin: '-15% 0px -75% 0px' },
)
for (const section of document.querySelectorAll('section')) inView.observe(section)

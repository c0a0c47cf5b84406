// Sends the answer of the survey page it is loaded by, whose form carries the texts in its language.
const form = document.getElementById('survey')
const status = document.getElementById('status')

function say(text, isProblem = false) {
  status.textContent = text
  status.classList.toggle('problem', isProblem)
}

async function send(event) {
  event.preventDefault()
  const button = form.querySelector('button')
  const data = new FormData(form)
  const uuid = location.pathname.split('/').pop()
  const answer = { rating: Number(data.get('rating')), feedback_message: data.get('feedback') }
  button.disabled = true
  say(form.dataset.sending)
  try {
    const response = await fetch(`/public/api/v1/csat_survey/${encodeURIComponent(uuid)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: { submitted_values: { csat_survey_response: answer } } }),
    })
    if (response.ok) say(form.dataset.thanks)
    else if (response.status === 422) say(form.dataset.tooOld, true)
    else say(form.dataset.notSent, true)
  } catch {
    say(form.dataset.noConnection, true)
  } finally {
    button.disabled = false
    // A button that cannot be pressed loses the focus.
    if (document.activeElement === document.body) button.focus()
  }
}

form?.addEventListener('submit', send)

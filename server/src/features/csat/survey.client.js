// Sends the answer of the survey page it is loaded by.
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
  say('Sending …')
  try {
    const response = await fetch(`/public/api/v1/csat_survey/${encodeURIComponent(uuid)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: { submitted_values: { csat_survey_response: answer } } }),
    })
    if (response.ok) say('Thank you! Your answer was sent.')
    else if (response.status === 422) say('This survey is closed: it is more than 14 days old.', true)
    else say('Your answer could not be sent. Please try again.', true)
  } catch {
    say('There is no connection. Please try again.', true)
  } finally {
    button.disabled = false
    // A button that cannot be pressed loses the focus.
    if (document.activeElement === document.body) button.focus()
  }
}

form?.addEventListener('submit', send)

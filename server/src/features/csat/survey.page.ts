import { readFileSync } from 'node:fs'
import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { join } from 'node:path'
import { PROJECT } from '../../lib/project.ts'
import { RawAnswer } from '../../http/raw-answer.ts'
import { isSurveyOpen } from '../messages/client-message.model.ts'
import { showSurvey } from './csat.model.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

const script = readFileSync(join(PROJECT, 'server/src/features/csat/survey.client.js'), 'utf8')
const style = readFileSync(join(PROJECT, 'server/src/features/csat/survey.css'), 'utf8')

export const surveyScript = () => asset('text/javascript; charset=utf-8', script)
export const surveyStyle = () => asset('text/css; charset=utf-8', style)

function asset(type: string, text: string): RawAnswer {
  return new RawAnswer(200, { 'content-type': type, 'cache-control': 'public, max-age=3600' }, text)
}

export async function surveyPage(ctx: Context, uuid: string): Promise<RawAnswer> {
  try {
    const survey = await showSurvey(ctx, uuid)
    return html(200, isSurveyOpen(ctx, new Date(survey.created_at!)) ? form(survey) : CLOSED)
  } catch (error) {
    if (error instanceof NotFoundError) return html(404, NOT_THERE)
    throw error
  }
}

function html(status: number, main: string): RawAnswer {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  }
  return new RawAnswer(status, headers, page(main))
}

const page = (main: string) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>How did we do?</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/survey/survey.css">
<script src="/survey/survey.js" defer></script>
</head>
<body><main>${main}</main></body>
</html>
`

const NOT_THERE = '<h1>This survey is not here</h1><p>The address may be mistyped, or the conversation was removed.</p>'

const CLOSED = '<h1>This survey is closed</h1><p>It could be answered for 14 days. Thank you all the same.</p>'

type Survey = Awaited<ReturnType<typeof showSurvey>>

const WORDS = ['Very bad', 'Bad', 'Okay', 'Good', 'Very good']
const FACES = ['😞', '😑', '😐', '😀', '😍']

function form(survey: Survey): string {
  const answer = survey.csat_survey_response
  const isStars = survey.display_type === 'star'
  const choices = WORDS.map((word, index) => {
    const rating = index + 1
    const checked = answer?.rating === rating ? ' checked' : ''
    const picture = isStars ? '★' : FACES[index]!
    return `<label class="choice"><input type="radio" name="rating" value="${rating}" required${checked}>
      <span class="picture" aria-hidden="true">${picture}</span><span class="word">${word}</span></label>`
  })
  const avatar = survey.inbox_avatar_url ? `<img src="${escape(survey.inbox_avatar_url)}" alt="" width="48" height="48">` : ''
  return `${avatar}<p class="inbox">${escape(survey.inbox_name)}</p>
<h1>${escape(survey.content ?? 'How was your conversation with us?')}</h1>
<form id="survey">
<fieldset><legend>Your rating</legend><div class="choices">${choices.join('\n')}</div></fieldset>
<label class="feedback" for="feedback">Anything you would like to add?</label>
<textarea id="feedback" name="feedback" rows="4" maxlength="20000">${escape(answer?.feedback_message ?? '')}</textarea>
<button type="submit">Send</button>
<p id="status" role="status">${answer ? 'You have answered already. You can still change your answer.' : ''}</p>
<noscript><p>Please switch on JavaScript to answer.</p></noscript>
</form>`
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string) => text.replace(/[&<>"']/g, (char) => ESCAPES[char]!)

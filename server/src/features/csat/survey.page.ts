import { readFileSync } from 'node:fs'
import type { Context } from '../../context/context.ts'
import { NotFoundError } from '../../http/errors.ts'
import { join } from 'node:path'
import { PROJECT } from '../../lib/project.ts'
import { RawAnswer } from '../../http/raw-answer.ts'
import { escapeHtml } from '../../lib/text.ts'
import { languageOf, translate, type TextKey } from '../../lib/translate.ts'
import { isSurveyOpen } from '../messages/client-message.model.ts'
import { accessSurvey, presentSurvey } from './csat.model.ts'

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
    const survey = await accessSurvey(ctx, uuid)
    const isOpen = isSurveyOpen(ctx, survey.created_at)
    return html(200, survey.locale, (say) =>
      isOpen ? form(presentSurvey(ctx, survey), say) : note(say('survey.closed'), say('survey.closed_why')),
    )
  } catch (error) {
    if (error instanceof NotFoundError)
      return html(404, null, (say) => note(say('survey.not_found'), say('survey.not_found_why')))
    throw error
  }
}

type Say = (key: TextKey) => string

function html(status: number, locale: number | null, main: (say: Say) => string): RawAnswer {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  }
  const say: Say = (key) => escapeHtml(translate(locale, key))
  return new RawAnswer(status, headers, page(languageOf(locale), say('survey.title'), main(say)))
}

const page = (language: string, title: string, main: string) => `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/survey/survey.css">
<script src="/survey/survey.js" defer></script>
</head>
<body><main>${main}</main></body>
</html>
`

const note = (what: string, why: string) => `<h1>${what}</h1><p>${why}</p>`

type Survey = ReturnType<typeof presentSurvey>

const RATINGS = [1, 2, 3, 4, 5] as const
const FACES = ['😞', '😑', '😐', '😀', '😍']

function form(survey: Survey, say: Say): string {
  const answer = survey.csat_survey_response
  const isStars = survey.display_type === 'star'
  const choices = RATINGS.map((rating) => {
    const checked = answer?.rating === rating ? ' checked' : ''
    const picture = isStars ? '★' : FACES[rating - 1]!
    return `<label class="choice"><input type="radio" name="rating" value="${rating}" required${checked}>
      <span class="picture" aria-hidden="true">${picture}</span><span class="word">${say(`survey.rating.${rating}`)}</span></label>`
  })
  const avatar = survey.inbox_avatar_url
    ? `<img src="${escapeHtml(survey.inbox_avatar_url)}" alt="" width="48" height="48">`
    : ''
  return `${avatar}<p class="inbox">${escapeHtml(survey.inbox_name)}</p>
<h1>${survey.content === null ? say('survey.question') : escapeHtml(survey.content)}</h1>
<form id="survey" data-sending="${say('survey.sending')}" data-thanks="${say('survey.thanks')}" data-too-old="${say('survey.too_old')}"
  data-not-sent="${say('survey.not_sent')}" data-no-connection="${say('survey.no_connection')}">
<fieldset><legend>${say('survey.your_rating')}</legend><div class="choices">${choices.join('\n')}</div></fieldset>
<label class="feedback" for="feedback">${say('survey.feedback')}</label>
<textarea id="feedback" name="feedback" rows="4" maxlength="20000">${escapeHtml(answer?.feedback_message ?? '')}</textarea>
<button type="submit">${say('survey.send')}</button>
<p id="status" role="status">${answer ? say('survey.answered') : ''}</p>
<noscript><p>${say('survey.needs_javascript')}</p></noscript>
</form>`
}

import Type from 'typebox'
import { inTransaction } from '../../context/transaction.ts'
import type { Context } from '../../context/context.ts'
import { OutsideError, RefusedError } from '../../http/errors.ts'
import { Bag, Nullable, operation } from '../../http/operation.ts'
import { redirect } from '../../http/raw-answer.ts'
import { iso } from '../../lib/times.ts'
import { loadProfile, presentProfile } from '../profile/profile.presenter.ts'
import { Profile, profileFields } from '../profile/profile.schemas.ts'
import { askForPassword, resetPassword } from './password.model.ts'
import { confirm, destroyOwnUser, SECOND_FACTOR, signInWith } from './sign-in.model.ts'
import { createSession, endSession, findSessionOf } from './session.model.ts'

const Data = Type.Object({ data: Profile }, { additionalProperties: false })
const Text = Nullable(Type.String())

/** Begins a session and shows whose it is. */
async function begin(ctx: Context, userId: number, { byMail = false } = {}) {
  const user = (await loadProfile(ctx.db, userId))!
  // A mail is one factor, as a password is.
  if (byMail && user.otp_required_for_login) throw devise(401, SECOND_FACTOR)
  const { authorization, ...headers } = await createSession(ctx, user)
  Object.assign(ctx.answerHeaders, headers, !byMail && { authorization })
  return { data: presentProfile(ctx.app, user) }
}

/** A person who was never kept, as devise shows them. */
const UNSAVED = {
  id: null,
  provider: 'email',
  uid: '',
  name: null,
  display_name: null,
  email: '',
  created_at: null,
  updated_at: null,
  pubsub_token: null,
  availability: 'online',
  ui_settings: {},
  custom_attributes: {},
  message_signature: null,
  otp_secret: null,
  consumed_timestep: null,
  otp_required_for_login: false,
  otp_backup_codes: null,
}

const devise = (status: number, error: string) => new RefusedError(status, { success: false, errors: [error] })

export const authOperations = [
  operation({
    id: 'sessions.create',
    route: 'POST /auth/sign_in',
    summary: 'Sign in with a password, or with the token of a login link',
    description:
      'The answer has the headers `access-token`, `client` and `uid`: send all three with each request that follows. Programs are better off with an `api_access_token`.',
    example: { email: 'admin@example.com', password: 'Str0ng!Passw0rd' },
    errors: { 401: { success: false, errors: ['Invalid login credentials. Please try again.'] } },
    access: 'nobody',
    body: Type.Partial(Type.Object({ email: Text, password: Text, sso_auth_token: Text, mfa_token: Text })),
    reply: Data,
    transaction: false,
    handle: async (ctx, { body }) => begin(ctx, await signInWith(ctx, body)),
  }),
  operation({
    id: 'sessions.new',
    route: 'GET /auth/sign_in',
    summary: 'Where people sign in',
    access: 'nobody',
    reply: Type.Any(),
    status: 302,
    produces: 'text/html',
    handle: (ctx) => redirect(`${ctx.app.config.frontendUrl}/app/login?error=access-denied`),
  }),
  operation({
    id: 'sessions.destroy',
    route: 'DELETE /auth/sign_out',
    summary: 'End this session',
    description: 'Ends the session of the headers only.',
    errors: { 404: { success: false, errors: ['User was not found or was not logged in.'] } },
    access: 'nobody',
    reply: Type.Object({ success: Type.Boolean() }),
    transaction: false,
    handle: async (ctx) => {
      const session = await findSessionOf(ctx)
      if (!session) throw devise(404, 'User was not found or was not logged in.')
      await endSession(ctx, session.userId, session.client)
      return { success: true }
    },
  }),
  operation({
    id: 'token_validations.validate_token',
    route: 'GET /auth/validate_token',
    summary: 'Whether a session lasts, and whose it is',
    description: 'Takes the session headers; an `api_access_token` is not asked for here.',
    errors: { 401: { success: false, errors: ['Invalid login credentials'] } },
    access: 'nobody',
    reply: Type.Object(
      {
        payload: Type.Object({
          success: Type.Boolean(),
          data: Type.Object({ ...profileFields, created_at: Type.String() }, { additionalProperties: false }),
        }),
      },
      { additionalProperties: false },
    ),
    handle: async (ctx) => {
      const session = await findSessionOf(ctx)
      if (!session) throw devise(401, 'Invalid login credentials')
      const user = (await loadProfile(ctx.db, session.userId))!
      Object.assign(ctx.answerHeaders, session.headers)
      return {
        payload: { success: true, data: { ...presentProfile(ctx.app, user), created_at: iso(user.created_at)! } },
      }
    },
  }),
  operation({
    id: 'passwords.edit',
    route: 'GET /auth/password/edit',
    summary: 'Where people sign in to set a new password',
    access: 'nobody',
    reply: Type.Any(),
    status: 302,
    produces: 'text/html',
    handle: (ctx) => redirect(`${ctx.app.config.frontendUrl}/auth/sign_in`),
  }),
  operation({
    id: 'passwords.create',
    route: 'POST /auth/password',
    summary: 'Ask for a mail by which to set a new password',
    description: 'Answers the same whether the address is known or not. This release sends no mail.',
    example: { email: 'admin@example.com' },
    access: 'nobody',
    body: Type.Partial(Type.Object({ email: Text })),
    reply: Type.Object({ message: Type.String() }),
    transaction: false,
    handle: async (ctx, { body }) => {
      await askForPassword(ctx, body.email)
      return {
        message:
          'Request for password reset is successful. A email with instructions will be sent to your email if it exists.',
      }
    },
  }),
  operation({
    id: 'passwords.update',
    route: 'PATCH /auth/password',
    summary: 'Set a new password with the token of that mail',
    description: 'The token lasts six hours. All sessions end.',
    example: { reset_password_token: 'TOKEN', password: 'N3w!Passw0rd', password_confirmation: 'N3w!Passw0rd' },
    errors: { 422: { message: 'Invalid token', redirect_url: '/' } },
    access: 'nobody',
    body: Type.Partial(Type.Object({ reset_password_token: Text, password: Text, password_confirmation: Text })),
    reply: Data,
    transaction: false,
    handle: async (ctx, { body }) => begin(ctx, await resetPassword(ctx, body), { byMail: true }),
  }),
  operation({
    id: 'confirmations.create',
    route: 'POST /auth/confirmation',
    summary: 'Confirm an e-mail address',
    example: { confirmation_token: 'TOKEN' },
    errors: { 422: { message: 'Already confirmed', redirect_url: '/' } },
    access: 'nobody',
    body: Type.Partial(Type.Object({ confirmation_token: Text })),
    reply: Data,
    transaction: false,
    handle: async (ctx, { body }) =>
      begin(ctx, await inTransaction(ctx, () => confirm(ctx, body.confirmation_token)), { byMail: true }),
  }),
  operation({
    id: 'confirmations.show',
    route: 'GET /auth/confirmation',
    summary: 'Not open: POST confirms an address',
    access: 'nobody',
    reply: Bag,
    handle: () => {
      throw new OutsideError(406, 'Not Acceptable')
    },
  }),
  operation({
    id: 'registrations.create',
    route: 'POST /auth',
    summary: 'Not open: POST /api/v1/accounts signs up',
    example: { email: 'ada@example.com', confirm_success_url: 'https://example.com' },
    errors: { 422: { success: false, errors: ["Missing 'confirm_success_url' parameter."], status: 'error' } },
    access: 'nobody',
    body: Type.Partial(Type.Object({ email: Text, confirm_success_url: Text })),
    reply: Bag,
    handle: (_ctx, { body }) => {
      const error = body.confirm_success_url
        ? 'Sign up with POST /api/v1/accounts.'
        : "Missing 'confirm_success_url' parameter."
      throw new RefusedError(422, {
        success: false,
        errors: [error],
        status: 'error',
        data: { ...UNSAVED, email: body.email ?? '' },
      })
    },
  }),
  operation({
    id: 'registrations.update',
    route: 'PATCH /auth',
    summary: 'Not open: PUT /api/v1/profile changes a person',
    errors: {
      422: { success: false, errors: ['Please submit proper account update data in request body.'], status: 'error' },
    },
    access: 'nobody',
    reply: Bag,
    handle: () => {
      throw new RefusedError(422, {
        success: false,
        errors: ['Please submit proper account update data in request body.'],
        status: 'error',
      })
    },
  }),
  operation({
    id: 'registrations.destroy',
    route: 'DELETE /auth',
    summary: "Delete one's own login",
    description: 'Needs the session headers. Refused to the last administrator of an account in which others work.',
    errors: { 404: { success: false, errors: ['Unable to locate account for destruction.'], status: 'error' } },
    access: 'nobody',
    reply: Type.Object({ status: Type.String(), message: Type.String() }),
    transaction: false,
    handle: async (ctx) => {
      const session = await findSessionOf(ctx)
      if (!session)
        throw new RefusedError(404, {
          success: false,
          errors: ['Unable to locate account for destruction.'],
          status: 'error',
        })
      return inTransaction(ctx, () => destroyOwnUser(ctx, session.userId))
    },
  }),
]

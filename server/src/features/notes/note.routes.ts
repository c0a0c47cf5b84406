import Type from 'typebox'
import { Empty, Nullable, operation, Unix } from '../../http/operation.ts'
import { accessContact } from '../contacts/contact.model.ts'
import { Agent } from '../schemas.ts'
import { accessNote, createNote, destroyNote, listNotes, updateNote } from './note.model.ts'
import { presentNote } from './note.presenter.ts'

const Note = Type.Object(
  {
    id: Type.Integer(),
    content: Type.String(),
    account_id: Type.Null({ description: 'Always null; both stand in the path' }),
    contact_id: Type.Null({ description: 'Always null; both stand in the path' }),
    user: Type.Optional(Agent),
    created_at: Unix,
    updated_at: Unix,
  },
  { title: 'Note', additionalProperties: false },
)

const NoteBody = Type.Partial(Type.Object({ content: Nullable(Type.String({ description: 'The text, in Markdown' })) }))

const base = '/api/v1/accounts/:account_id/contacts/:contact_id/notes' as const

export const noteOperations = [
  operation({
    id: 'contacts/notes.index',
    route: `GET ${base}`,
    summary: 'List the notes about a contact, the newest first',
    access: 'agent',
    reply: Type.Array(Note),
    handle: async (ctx, { params }) =>
      (await listNotes(ctx, await accessContact(ctx, params.contact_id))).map((note) => presentNote(ctx.app, note)),
  }),
  operation({
    id: 'contacts/notes.show',
    route: `GET ${base}/:id`,
    summary: 'Show a note about a contact',
    access: 'agent',
    reply: Note,
    handle: async (ctx, { params }) =>
      presentNote(ctx.app, await accessNote(ctx, await accessContact(ctx, params.contact_id), params.id)),
  }),
  operation({
    id: 'contacts/notes.create',
    route: `POST ${base}`,
    summary: 'Write a note about a contact',
    description: 'Agents see it, the contact does not.',
    example: { content: 'Prefers e-mail' },
    needs: ['content'],
    access: 'agent',
    wrapper: 'note',
    body: NoteBody,
    reply: Note,
    handle: async (ctx, { params, body }) => {
      const contact = await accessContact(ctx, params.contact_id, { lock: true })
      return presentNote(ctx.app, await createNote(ctx, contact, body.content))
    },
  }),
  operation({
    id: 'contacts/notes.update',
    route: `PATCH ${base}/:id`,
    summary: 'Change a note about a contact',
    description: 'The caller is its author from then on. A blank text is answered, but the old one is kept.',
    example: { content: 'Prefers the telephone' },
    access: 'agent',
    wrapper: 'note',
    body: NoteBody,
    reply: Note,
    handle: async (ctx, { params, body }) => {
      const contact = await accessContact(ctx, params.contact_id)
      const note = await accessNote(ctx, contact, params.id)
      return presentNote(ctx.app, await updateNote(ctx, contact, note, body.content))
    },
  }),
  operation({
    id: 'contacts/notes.destroy',
    route: `DELETE ${base}/:id`,
    summary: 'Remove a note about a contact',
    description: 'Any agent may.',
    access: 'agent',
    reply: Empty,
    handle: async (ctx, { params }) =>
      destroyNote(ctx, await accessNote(ctx, await accessContact(ctx, params.contact_id), params.id)),
  }),
]

import type { Time } from '../../lib/times.ts'
import { type ContentType, type MessageType } from './message.presenter.ts'
import type { PlacedMessage } from './message.query.ts'
import type { UploadedFile } from '../../vocabulary/files.ts'

export interface Sender {
  type: 'User' | 'Contact' | 'AgentBot'
  id: number
  /** Of a contact that is locked already. */
  before?: ContactBefore
}

export interface NewMessage {
  content?: string | null
  message_type: MessageType
  sender: Sender | null
  private?: boolean
  content_type?: ContentType
  content_attributes?: Record<string, any>
  additional_attributes?: Record<string, any>
  source_id?: string | null
  echo_id?: string | null
  attachments?: AttachmentInput[]
  /** Written by a rule or a campaign, not by a person: it is no first reply. */
  automated?: boolean
}

/** The row as it was written. */
export interface WrittenMessage extends PlacedMessage {
  created_at: Date
}

/** How a contact stood before it wrote. */
export interface ContactBefore {
  last_activity_at: Time
  updated_at: Time
}

export interface MessageChanges {
  content?: string | null
  status?: number
  content_type?: number
  content_attributes?: Record<string, any>
  processed_message_content?: string | null
}

/** A file of this request, or the signed id of one that was uploaded before. */
export type AttachmentInput = UploadedFile | string

/** By the numbers that Chatwoot keeps. */
export const ATTRIBUTE_TYPES = ['text', 'number', 'currency', 'percent', 'link', 'date', 'list', 'checkbox'] as const
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number]

export const ATTRIBUTE_MODELS = ['conversation_attribute', 'contact_attribute'] as const
export type AttributeModel = (typeof ATTRIBUTE_MODELS)[number]

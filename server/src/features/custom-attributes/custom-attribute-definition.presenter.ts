import { columns, type Refine, type Row } from '../../db/columns.ts'
import { iso } from '../../lib/times.ts'
import { ATTRIBUTE_MODELS, ATTRIBUTE_TYPES } from './custom-attribute.types.ts'

export const DEFINITION_COLUMNS = columns(
  'custom_attribute_definitions',
  'id',
  'attribute_display_name',
  'attribute_display_type',
  'attribute_description',
  'attribute_key',
  'regex_pattern',
  'regex_cue',
  'attribute_values',
  'attribute_model',
  'default_value',
  'created_at',
  'updated_at',
)

export type DefinitionRecord = Refine<
  Row<typeof DEFINITION_COLUMNS>,
  { attribute_values: (string | number | boolean)[] | null }
>

export function presentDefinition(definition: DefinitionRecord) {
  return {
    ...definition,
    attribute_display_type: ATTRIBUTE_TYPES[definition.attribute_display_type ?? 0] ?? 'text',
    attribute_values: definition.attribute_values ?? [],
    attribute_model: ATTRIBUTE_MODELS[definition.attribute_model ?? 0] ?? 'conversation_attribute',
    created_at: iso(definition.created_at),
    updated_at: iso(definition.updated_at),
  }
}

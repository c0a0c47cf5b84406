import { writeFileSync } from 'node:fs'
import { operations } from '../catalog/operations.ts'
import { buildOpenApi } from '../features/reference/openapi.ts'

// `npm run generate`: the document in the repository is the one the server serves, and a test holds it to that.
writeFileSync(
  new URL('../../../openapi.json', import.meta.url),
  `${JSON.stringify(buildOpenApi(operations), null, 2)}\n`,
)

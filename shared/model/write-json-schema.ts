import { writeFileSync } from 'node:fs';
import { taskJsonSchemaText } from '../kinds/task-json-schema.ts';

/** Writes `task.schema.json` anew. Run it (`npm run schema`) after a change to the task or to a kind. */
writeFileSync(new URL('task.schema.json', import.meta.url), taskJsonSchemaText());

import { writeFileSync } from 'node:fs';
import { taskJsonSchemaText } from './task-json-schema.ts';

/** Writes `task.schema.json` anew. Run it (`npm run schema`) after a change to the task or to a kind. */
const file = new URL('../model/task.schema.json', import.meta.url);
writeFileSync(file, taskJsonSchemaText());

import db from 'dynalite/db/index.js';
import * as putItem from 'dynalite/validations/putItem.js';
import * as updateItem from 'dynalite/validations/updateItem.js';

const OPTION = 'ReturnValuesOnConditionCheckFailure';

/**
 * Patches dynalite, for the whole process, with what DynamoDB has: a put or update whose condition fails returns the
 * row, where `ReturnValuesOnConditionCheckFailure` is `ALL_OLD`.
 */
export function patchDynaliteRefusals(): void {
  if (OPTION in putItem.types) return;
  for (const { types } of [putItem, updateItem]) types[OPTION] = 'String';
  const { checkConditional } = db;
  db.checkConditional = (request, row) => {
    const wrong = checkConditional(request, row);
    if (wrong && row !== undefined && request[OPTION] === 'ALL_OLD') wrong.body.Item = row;
    return wrong;
  };
}

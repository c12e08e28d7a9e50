import db from 'dynalite/db/index.js';
import * as putItem from 'dynalite/validations/putItem.js';
import * as updateItem from 'dynalite/validations/updateItem.js';

const OPTION = 'ReturnValuesOnConditionCheckFailure';

/**
 * Adds to dynalite what DynamoDB has and it has not: a put or update whose condition fails brings the row along,
 * where `ReturnValuesOnConditionCheckFailure` is `ALL_OLD`. Every dynalite of this process has it from here on.
 */
export function rowsWithRefusals(): void {
  if (OPTION in putItem.types) return;
  for (const { types } of [putItem, updateItem]) types[OPTION] = 'String';
  const { checkConditional } = db;
  db.checkConditional = (request, row) => {
    const wrong = checkConditional(request, row);
    if (wrong && row !== undefined && request[OPTION] === 'ALL_OLD') wrong.body.Item = row;
    return wrong;
  };
}

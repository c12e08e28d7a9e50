/** The part of dynalite's API the local cloud uses; the package ships no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options?: { createTableMs?: number }): Server;
}

declare module 'dynalite/db/index.js' {
  const db: {
    /** What is wrong: the answer to be sent. The row is the one of `Item` or `Key`, held by a lock. */
    checkConditional(
      request: { readonly ReturnValuesOnConditionCheckFailure?: string },
      row: object | undefined,
    ): { readonly body: { Item?: object } } | null | undefined;
  };
  export default db;
}

declare module 'dynalite/validations/putItem.js' {
  /** Fields of a request; others are dropped. */
  export const types: Record<string, string | object>;
}

declare module 'dynalite/validations/updateItem.js' {
  /** Fields of a request; others are dropped. */
  export const types: Record<string, string | object>;
}

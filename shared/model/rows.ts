/**
 * The rows of the ledger, one schema each. Rows are loose: they gain optional fields within one `v`, and
 * code that does not know a field leaves it in place. Keys are built in `shared/ledger/keys.ts`.
 */
export * from './rows/job.ts';
export * from './rows/lease.ts';
export * from './rows/profile.ts';
export * from './rows/stack.ts';
export * from './rows/task.ts';

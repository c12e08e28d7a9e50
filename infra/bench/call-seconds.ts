/** What one call takes, seconds: assumed. */
export const CALL_SECONDS: readonly (readonly [string, number])[] = [
  ['DynamoDB', 0.006],
  ['S3', 0.03],
  ['SFN', 0.03],
  ['worker', 0.1],
  ['provider', 0.5],
];

/** What a call of this name takes, `DynamoDB UpdateItem`; nothing where nobody knows. */
export function callSeconds(name: string): number {
  const [, seconds = 0] = CALL_SECONDS.find(([service]) => name.startsWith(service)) ?? [];
  return seconds;
}

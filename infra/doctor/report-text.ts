import type { Finding } from './findings.ts';

const MARKS: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok',
  failed: 'FAILED',
  unknown: 'unknown',
  skipped: 'skipped',
};

/** A line for each finding, and below a failure one that says what to do. */
export function reportText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, state, says, mend }) => [
    `${MARKS[state].padEnd(8)}${check.padEnd(10)}${says}`,
    ...(mend === undefined ? [] : [`${' '.repeat(18)}-> ${mend}`]),
  ]);
  const count = findings.filter(({ state }) => state === 'failed').length;
  const left = findings.filter(({ state }) => state === 'skipped').length;
  const notLooked = left === 0 ? '' : `, ${left} not looked at`;
  const end = count === 0 ? `nothing failed${notLooked}` : `${count} failed${notLooked}`;
  return [...lines, end].join('\n');
}

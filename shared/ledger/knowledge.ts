import { type ChosenOffer, KnowledgeRow, PaceRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { knowledgeKey, paceKey, paceRange } from './keys.ts';
import { assignments, changeRow, readRow } from './rows.ts';

type Place = Pick<ChosenOffer, 'gpuModel' | 'location'>;

/** Newest samples kept per shape of cluster. */
const SAMPLES_KEPT = 50;

export const readKnowledge = (ledger: Ledger, what: string) =>
  readRow(ledger, knowledgeKey(what), KnowledgeRow);

/** Adds one measurement. Two at once may lose one of them, which a statistic survives. */
export async function learn(ledger: Ledger, what: string, at: Instant, seconds: number) {
  const known = (await readKnowledge(ledger, what))?.samples ?? [];
  await changeRow(ledger, KnowledgeRow, {
    key: knowledgeKey(what),
    when: [],
    set: assignments({ v: 1, samples: [...known, { at, seconds }].slice(-SAMPLES_KEPT) }),
  });
}

/** Name under which the provisioning times of a shape are kept. */
export const provisioningOf = (offer: Place): string =>
  `provisioning#${offer.gpuModel}#${offer.location}`;

/** What is known of a kind, wherever it ran: a row per GPU model and country. */
export async function pacesOf(ledger: Ledger, kind: string): Promise<PaceRow[]> {
  return (await ledger.query(paceRange(kind))).map((row) => PaceRow.parse(row));
}

export const readPace = (ledger: Ledger, kind: string, { gpuModel, location }: Place) =>
  readRow(ledger, paceKey(kind, gpuModel, location), PaceRow);

/** Replaces what is known of a kind at a place. Refused: another burst has taught since `seen` was read. */
export async function writePace(
  ledger: Ledger,
  kind: string,
  { gpuModel, location }: Place,
  seen: PaceRow | undefined,
  known: Pick<PaceRow, 'bursts' | 'weight' | 'logSum' | 'at'>,
): Promise<boolean> {
  const outcome = await changeRow(ledger, PaceRow, {
    key: paceKey(kind, gpuModel, location),
    when: [
      seen === undefined ? { is: 'absent' } : { is: 'equal', path: 'bursts', value: seen.bursts },
    ],
    set: assignments({ v: 1, gpuModel, location, ...known }),
  });
  return outcome.done;
}

import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { collectResults } from './collect/collect-results.ts';

type Needs = 'ledger' | 'artifacts' | 'clock' | 'log';

/** Collect: uploads are not results until our side has looked. */
export const collect: Stage<Needs, BurstDocument> =
  (ports: Pick<Ports, Needs>, settings) => (input, invocation) =>
    drive(
      ports,
      settings,
      { 'Collect results': collectResults(ports, settings, invocation) },
      input,
    );

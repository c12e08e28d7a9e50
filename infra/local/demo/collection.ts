import { planCollection } from '../../../shared/kinds/nft/plan-collection.ts';
import { NftCollection } from '../../../shared/kinds/nft/spec.ts';
import type { Task } from '../../../shared/model/task.ts';

const SUPPLY = 24;

/**
 * The collection of the main job. Uniqueness is settled here, before anything is sent: every task carries
 * how often its traits were redrawn. Half of it asks for larger cards.
 */
export function demoTasks(): Task[] {
  const collection = NftCollection.parse({
    name: 'Lantern Prints',
    seed: 'burst: the first twenty-four',
    supply: SUPPLY,
  });
  return planCollection(collection).map((spec) => ({
    taskId: `lantern-${String(spec.tokenId).padStart(3, '0')}`,
    kind: 'nft.generative',
    spec,
    resources: { vramGb: spec.tokenId <= SUPPLY / 2 ? 24 : 48 },
  }));
}

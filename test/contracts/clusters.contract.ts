import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapacityUnavailable, CreateOutcomeUnknown } from '../../shared/errors.ts';
import { ClusterId, Tenant, WorkerId } from '../../shared/model/ids.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import type { ClusterRequest, Clusters, ClusterView, Offer } from '../../shared/ports.ts';

/** A market with something to rent, whose time the suite moves. */
export interface ClustersWorld {
  readonly clusters: Clusters;
  /** An image whose workers come up, for GPUs of 24 GB. */
  readonly image: string;
  /** Longer than provisioning, the lag of the list and the end of a cluster take, each; below 30 minutes. */
  readonly settleSeconds: number;
  advance(seconds: number): Promise<void>;
  /** Nothing is free any more. */
  vanishCapacity(): Promise<void>;
  /** The next call of this kind is carried out and its answer lost. */
  loseNextReply(call: 'create' | 'extend'): Promise<void>;
  close(): Promise<void>;
}

/** In what else providers differ. */
export interface ClustersTraits {
  /** Whether a running cluster can be given more time; if not, every extension is refused. */
  readonly extends: boolean;
  /** Whether two living clusters may have one name; if not, the second is refused. */
  readonly sharesNames: boolean;
  /** Whether logs are shown; if not, every question is refused. */
  readonly logs: boolean;
}

const HOUR_SECONDS = 3600;
const NAME = 'contract-0123456789ab';

/** What every adapter of {@link Clusters} must do; the stages rely on nothing else. */
export function clustersContract(
  name: string,
  makeWorld: () => Promise<ClustersWorld>,
  traits: ClustersTraits = { extends: true, sharesNames: true, logs: true },
): void {
  describe(`Clusters: ${name}`, () => {
    let world: ClustersWorld;
    let clusters: Clusters;
    beforeEach(async () => {
      world = await makeWorld();
      clusters = world.clusters;
    });
    afterEach(() => world.close());

    const requirement = (changes: Partial<Requirement> = {}): Requirement => ({
      tenant: Tenant.parse('default'),
      image: world.image,
      need: { gpus: 1, vramGb: 24 },
      gpuUsed: true,
      ...changes,
    });
    const anOffer = async (): Promise<Offer> => {
      const [offer] = await clusters.offers(requirement());
      if (offer === undefined) throw new Error('the world offers nothing');
      return offer;
    };
    const request = (offer: Offer, changes: Partial<ClusterRequest> = {}): ClusterRequest => ({
      name: NAME,
      // A hold no price of this market reaches.
      offer: { ...offer, workers: 2, termMicroUsd: 1_000_000_000 },
      hours: 1,
      image: world.image,
      port: 8080,
      env: { BURST_TEST: 'yes' },
      secretEnv: { BURST_TOKEN: 'a-token-only-this-cluster-has' },
      ...changes,
    });
    const settle = () => world.advance(world.settleSeconds);
    const view = async (clusterId: ClusterId): Promise<ClusterView> => {
      const found = await clusters.get(clusterId);
      if (found === undefined) throw new Error(`${clusterId} is not known`);
      return found;
    };
    const running = async (changes: Partial<ClusterRequest> = {}): Promise<ClusterId> => {
      const clusterId = await clusters.create(request(await anOffer(), changes));
      await settle();
      return clusterId;
    };

    it('offers only what meets the need, in the places allowed', async () => {
      const everywhere = await clusters.offers(requirement());
      const [first] = everywhere;
      const location = first?.location ?? '';
      const gpuModel = first?.gpuModel ?? '';
      const narrow = await clusters.offers(
        requirement({
          locations: [location],
          need: { gpus: 1, vramGb: 24, gpuModels: [gpuModel] },
        }),
      );
      expect(narrow).toEqual(
        everywhere.filter((one) => one.location === location && one.gpuModel === gpuModel),
      );
      expect(narrow.length).toBeGreaterThan(0);
      expect(everywhere.every((one) => one.availableWorkers > 0)).toBe(true);
      expect(await clusters.offers(requirement({ need: { gpus: 1, vramGb: 1000 } }))).toEqual([]);
    });

    it('quotes the whole request: twice the hours or the workers, twice the price', async () => {
      const offer = await anOffer();
      const { totalMicroUsd } = await clusters.quote(offer, 1, 1);
      expect(totalMicroUsd).toBeGreaterThan(0);
      expect(Number.isInteger(totalMicroUsd)).toBe(true);
      const twice = [await clusters.quote(offer, 2, 1), await clusters.quote(offer, 1, 2)];
      for (const quote of twice) {
        expect(Math.abs(quote.totalMicroUsd - 2 * totalMicroUsd)).toBeLessThanOrEqual(4);
      }
    });

    it('creates a cluster of the size and hardware that were asked for', async () => {
      const offer = await anOffer();
      const before = await clusters.create(request(offer)).then(view);
      expect(before).toMatchObject({ phase: 'PROVISIONING', totalWorkers: 2, servedSeconds: 0 });
      await settle();
      const after = await view(before.clusterId);
      expect(after).toMatchObject({
        phase: 'RUNNING',
        gpuModel: offer.gpuModel,
        gpusPerWorker: offer.gpusPerWorker,
        totalWorkers: 2,
        paidSeconds: HOUR_SECONDS,
      });
      expect(new Set(after.workers.map(({ workerId }) => workerId)).size).toBe(2);
      expect(after.workers.every(({ url }) => url !== undefined)).toBe(true);
      expect(after.startedAt).toBeDefined();
    });

    it('charges for a running cluster what it quoted', async () => {
      const offer = await anOffer();
      const { totalMicroUsd } = await clusters.quote(offer, 2, 1);
      const { amountPaidMicroUsd } = await view(await running());
      expect(amountPaidMicroUsd).toBe(totalMicroUsd);
    });

    it('takes what was rented off the offers and puts it back', async () => {
      const offer = await anOffer();
      const free = async () =>
        (await clusters.offers(requirement())).find(({ offerId }) => offerId === offer.offerId)
          ?.availableWorkers ?? 0;
      const clusterId = await running();
      expect(await free()).toBe(offer.availableWorkers - 2);
      await clusters.destroy(clusterId);
      await settle();
      expect(await free()).toBe(offer.availableWorkers);
    });

    it('finds a cluster by its exact name once the list shows it, and lists it', async () => {
      const clusterId = await running();
      expect(await clusters.findByName(NAME)).toMatchObject([{ clusterId, name: NAME }]);
      expect(await clusters.findByName(NAME.slice(0, -1))).toEqual([]);
      expect(await clusters.findByName(NAME.toUpperCase())).toEqual([]);
      expect((await clusters.list()).map((one) => one.clusterId)).toEqual([clusterId]);
    });

    it('finds the cluster of a create whose answer was lost', async () => {
      const offer = await anOffer();
      await world.loseNextReply('create');
      await expect(clusters.create(request(offer))).rejects.toThrow(CreateOutcomeUnknown);
      await settle();
      expect(await clusters.findByName(NAME)).toHaveLength(1);
    });

    it('says that there is no capacity, and has bought nothing then', async () => {
      const offer = await anOffer();
      await world.vanishCapacity();
      expect(await clusters.offers(requirement())).toEqual([]);
      await expect(clusters.create(request(offer))).rejects.toThrow(CapacityUnavailable);
      await settle();
      expect(await clusters.list()).toEqual([]);
    });

    if (traits.extends) {
      it('adds an hour with each extension, and an hour of charges', async () => {
        const clusterId = await running();
        const before = await view(clusterId);
        await clusters.extend(clusterId, 1);
        await clusters.extend(clusterId, 1);
        const after = await view(clusterId);
        expect(after.paidSeconds).toBe(3 * HOUR_SECONDS);
        expect(after.amountPaidMicroUsd).toBe(3 * before.amountPaidMicroUsd);
      });

      it('does not know whether an extension happened whose answer was lost', async () => {
        const clusterId = await running();
        await world.loseNextReply('extend');
        await expect(clusters.extend(clusterId, 1)).rejects.toThrow(CreateOutcomeUnknown);
        expect((await view(clusterId)).paidSeconds).toBe(2 * HOUR_SECONDS);
      });
    } else {
      it('refuses to extend what runs, and sells nothing', async () => {
        const clusterId = await running();
        const before = await view(clusterId);
        await expect(clusters.extend(clusterId, 1)).rejects.toMatchObject({
          name: 'ProviderRefused',
        });
        expect(await view(clusterId)).toEqual(before);
      });
    }

    it('refuses to extend what has ended', async () => {
      const clusterId = await running();
      await clusters.destroy(clusterId);
      await settle();
      await expect(clusters.extend(clusterId, 1)).rejects.toMatchObject({
        name: 'ProviderRefused',
      });
    });

    it('kills a cluster at the end of its prepaid time', async () => {
      const clusterId = await running();
      await world.advance(HOUR_SECONDS);
      const ended = await view(clusterId);
      expect(ended).toMatchObject({ phase: 'EXPIRED', workers: [] });
      expect(ended.endedAt).toBeDefined();
      expect(await clusters.findByName(NAME)).toEqual([]);
    });

    it('destroys in its own time and keeps the first hour', async () => {
      const clusterId = await running();
      const paid = (await view(clusterId)).amountPaidMicroUsd;
      await clusters.destroy(clusterId);
      expect((await clusters.get(clusterId))?.phase).toBe('DELETING');
      await settle();
      const ended = await clusters.get(clusterId);
      expect(ended?.phase ?? 'DELETED').toBe('DELETED');
      expect(ended?.amountPaidMicroUsd ?? paid).toBe(paid);
      expect(await clusters.findByName(NAME)).toEqual([]);
    });

    it('gives back what was bought beyond the first hour and not used', async () => {
      const clusterId = await running({ hours: 3 });
      const paid = (await view(clusterId)).amountPaidMicroUsd;
      await clusters.destroy(clusterId);
      await settle();
      expect((await view(clusterId)).amountPaidMicroUsd).toBe(paid / 3);
    });

    it('destroys what is gone or was never there without complaint', async () => {
      const clusterId = await running();
      await clusters.destroy(clusterId);
      await clusters.destroy(clusterId);
      await settle();
      await clusters.destroy(clusterId);
      await clusters.destroy(ClusterId.parse('00000000-0000-4000-8000-000000000000'));
    });

    it('knows nothing of a cluster that never was', async () => {
      const nobody = ClusterId.parse('00000000-0000-4000-8000-000000000000');
      expect(await clusters.get(nobody)).toBeUndefined();
      await expect(clusters.extend(nobody, 1)).rejects.toMatchObject({ name: 'ProviderRefused' });
    });

    if (traits.sharesNames) {
      it('keeps two clusters of one name apart', async () => {
        const [first, second] = [await running(), await running()];
        expect(first).not.toBe(second);
        const found = await clusters.findByName(NAME);
        expect(found.map(({ clusterId }) => clusterId).toSorted()).toEqual(
          [first, second].toSorted(),
        );
      });
    } else {
      it('refuses a name that a living cluster has', async () => {
        const first = await running();
        const refused = { name: 'ProviderRefused', context: { status: 409 } };
        await expect(running()).rejects.toMatchObject(refused);
        expect(await clusters.list()).toHaveLength(1);
        await clusters.destroy(first);
        await expect(running()).rejects.toMatchObject(refused);
        await settle();
        expect(await running()).not.toBe(first);
      });
    }

    if (traits.logs) {
      it('cuts logs to what was asked for', async () => {
        const clusterId = await running();
        const [worker] = (await view(clusterId)).workers;
        const log = await clusters.logs(clusterId, worker?.workerId ?? WorkerId.parse('none'), {
          maxBytes: 10,
        });
        expect(Buffer.byteLength(log)).toBeLessThanOrEqual(10);
      });
    } else {
      it('refuses to show logs', async () => {
        const asked = clusters.logs(await running(), WorkerId.parse('any'), { maxBytes: 10 });
        await expect(asked).rejects.toMatchObject({ name: 'ProviderRefused' });
      });
    }
  });
}

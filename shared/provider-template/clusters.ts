import { createAsk, free, paid, segment } from '../ionet/ask.ts';
import { PAGE_SIZE, readAll } from '../ionet/pages.ts';
import { ProviderUnclear, undefinedWhenGone } from '../ionet/refusal.ts';
import { createTransport, type TransportOptions } from '../ionet/transport.ts';
import { isClusterOver } from '../model/cluster.ts';
import { gpuMeets, knownGpuModel } from '../model/gpu.ts';
import { microUsdOf } from '../model/money.ts';
import { Location } from '../model/task.ts';
import type { Clock, Clusters, ClusterView } from '../ports.ts';
import { OfferList, Price, Rental, RentalPage, Rented } from './replies.ts';

/**
 * A {@link Clusters} adapter to copy for another provider. The API it speaks is made up, and no world wires it in;
 * `README.md` beside it says what to change.
 *
 * What must stay as it is: `paid` for the two calls that buy, so that a lost answer is `CreateOutcomeUnknown` and
 * nothing repeats them; `readAll` for the list, because what is missing from it gets destroyed; a quote that is
 * compared with what was asked; and 404 as an answer of `get` and `destroy`.
 */
export function createTemplateClusters(
  options: TransportOptions & { readonly clock: Clock },
): Clusters {
  const { ask, answerTo } = createAsk(createTransport(options), options.clock);

  const list: Clusters['list'] = async () => {
    const rentals = await readAll(
      'the list of rentals',
      async (page) => {
        const query = { page, page_size: PAGE_SIZE };
        const reply = await ask(free('list'), RentalPage, {
          method: 'get',
          path: 'rentals',
          query,
        });
        return { total: reply.total, items: reply.rentals };
      },
      ({ id }) => id,
    );
    return rentals.map(({ id, name, state, created_at }) => ({
      clusterId: id,
      name: name ?? '',
      phase: state,
      createdAt: created_at,
    }));
  };

  return {
    list,

    async offers({ need, locations }) {
      const { offers } = await ask(free('catalogue'), OfferList, { method: 'get', path: 'offers' });
      return offers.flatMap((one) => {
        const gpuModel = knownGpuModel(one.gpu);
        const location = Location.safeParse(one.country.trim().toUpperCase());
        if (gpuModel === undefined || !location.success || one.free === 0) return [];
        if (!gpuMeets(need, gpuModel) || one.gpus < need.gpus) return [];
        if (locations !== undefined && !locations.includes(location.data)) return [];
        return [
          {
            offerId: one.id,
            gpuModel,
            gpusPerWorker: one.gpus,
            location: location.data,
            locationId: one.country,
            availableWorkers: one.free,
          },
        ];
      });
    },

    async quote(offer, workers, hours) {
      const query = { offer: offer.offerId, count: workers, hours };
      const price = await ask(free('price'), Price, { method: 'get', path: 'price', query });
      if (price.count !== workers || price.hours !== hours) {
        throw new ProviderUnclear(`the price of ${workers} for ${hours} h came for something else`);
      }
      return { totalMicroUsd: microUsdOf(price.usd) };
    },

    async findByName(name) {
      return (await list()).filter((one) => one.name === name && !isClusterOver(one.phase));
    },

    async create({ name, offer, hours, image, port, env, secretEnv }) {
      const { id } = await ask(paid('create'), Rented, {
        method: 'post',
        path: 'rentals',
        json: {
          ...{ name, offer: offer.offerId, count: offer.workers, hours },
          ...{ image, port, env, secret_env: secretEnv },
        },
        secrets: Object.values(secretEnv),
      });
      return id;
    },

    async get(clusterId) {
      const path = `rentals/${segment(clusterId)}`;
      const look = ask(free('look'), Rental, { method: 'get', path });
      const rental = await look.catch(undefinedWhenGone);
      return rental === undefined ? undefined : viewOf(rental);
    },

    async extend(clusterId, hours) {
      const path = `rentals/${segment(clusterId)}/hours`;
      await ask(paid('extend'), Rental, { method: 'post', path, json: { hours } });
    },

    async destroy(clusterId) {
      const path = `rentals/${segment(clusterId)}`;
      await answerTo(free('destroy'), { method: 'delete', path }).catch(undefinedWhenGone);
    },

    async logs(clusterId, workerId, { maxBytes }) {
      const path = `rentals/${segment(clusterId)}/machines/${segment(workerId)}/log`;
      return (await answerTo(free('log'), { method: 'get', path, tailBytes: maxBytes })).text;
    },
  };
}

const viewOf = (rental: Rental): ClusterView => ({
  clusterId: rental.id,
  phase: rental.state,
  gpuModel: knownGpuModel(rental.gpu) ?? rental.gpu,
  gpusPerWorker: rental.gpus,
  totalWorkers: rental.count,
  workers: isClusterOver(rental.state)
    ? []
    : rental.machines.map(({ id, url }) => ({ workerId: id, url: url ?? undefined })),
  startedAt: rental.started_at,
  endedAt: rental.ended_at,
  paidSeconds: rental.paid_hours * 3600,
  servedSeconds: rental.served_seconds,
  amountPaidMicroUsd: rental.paid_usd === 0 ? 0 : microUsdOf(rental.paid_usd),
});

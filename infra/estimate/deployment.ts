import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import { KINDS, kindNamed } from '../../shared/kinds/kinds.ts';
import { Settings } from '../../shared/model/settings.ts';
import type { Task } from '../../shared/model/task.ts';
import { LOCAL_SPEED, localSettings } from '../local/world.ts';
import type { EstimatedWorld } from './draws.ts';

/** Settings an estimate is made with, and what they take for granted. */
export interface Deployment {
  readonly settings: Settings;
  /** What a real deployment must have been given for these tasks; for people. */
  readonly assumed: readonly string[];
}

/** A cap would stretch a run over days; what an estimate comes to is held against the caps instead. */
const NO_CAP_MICRO_USD = 1e15;
const NO_CAPS = {
  stackMicroUsd: NO_CAP_MICRO_USD,
  dayMicroUsd: NO_CAP_MICRO_USD,
  defaultTenantMicroUsd: NO_CAP_MICRO_USD,
};

const IMAGE = `estimate.invalid/worker@sha256:${'0'.repeat(64)}`;
const SECRET = 'no secret in an estimate';

/** A cluster of the clusters API cannot be extended, so it is bought for as long as `npm start` buys it. */
const CLUSTERS_TERM_HOURS = 2;

/** Settings of a world for these tasks. A deployment is taken to have whatever the tasks need of its image. */
export function deploymentFor(
  world: EstimatedWorld,
  flavour: ApiFlavour,
  tasks: readonly Task[],
): Deployment {
  if (world === 'local') {
    const settings = localSettings({ speed: LOCAL_SPEED }, flavour);
    return {
      settings: { ...settings, workerSecret: SECRET, caps: { ...settings.caps, ...NO_CAPS } },
      assumed: [],
    };
  }
  const read = tasks.flatMap(({ kind, spec }) => {
    const known = kindNamed(kind)?.read(spec);
    return known?.ok ? [known.task] : [];
  });
  const images = distinct(read.flatMap(({ image }) => image ?? []));
  const models = distinct(read.flatMap(({ model }) => model ?? []));
  const proves = read.some(({ needs }) => needs.includes('external-prover'));
  const onCpu = tasks.some(({ kind }) => kindNamed(kind)?.gpuUsed === false);
  const settings = Settings.parse({
    stackName: 'burst',
    tenantOfQueue: {},
    images: Object.fromEntries(
      KINDS.filter(({ namesImage }) => !namesImage).map(({ name }) => [name, IMAGE]),
    ),
    containers: images,
    workerSecret: SECRET,
    allowCpuExecutor: true,
    abilities: {
      ...(proves ? { 'external-prover': { gpuUsed: true } } : {}),
      ...(models.length > 0
        ? { diffusion: { models: models.map((sha256) => ({ sha256, vramGb: 1 })) } }
        : {}),
    },
    caps: NO_CAPS,
    lease: { termHours: flavour === 'clusters' ? CLUSTERS_TERM_HOURS : 1 },
  });
  return {
    settings,
    assumed: [
      ...(onCpu ? ['allowCpuExecutor is set: some kinds here use no GPU'] : []),
      ...images.map((image) => `the operator allows ${image}`),
      ...models.map((model) => `the worker image brings the model ${model}`),
      ...(proves ? ['the worker image has an external prover'] : []),
    ],
  };
}

const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)];

import { type BrokenLine, brokenLineText } from '../../shared/intake/tasks-file.ts';
import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import { needInWords } from '../../shared/model/gpu.ts';
import { usdOf } from '../../shared/model/money.ts';
import { Settings } from '../../shared/model/settings.ts';
import { PROVISIONING } from '../bench/provisioning.ts';
import { tableLines } from '../bench/table.ts';
import { counted, dollars, duration } from '../local/demo/amounts.ts';
import { type EstimatedWorld, PRIOR_SIGMA, TASK_SIGMA } from './draws.ts';
import type { Estimate, ProfileEstimate, TriedOption } from './estimate.ts';
import type { LivePrices } from './live-prices.ts';

/** Under which conditions an estimate was made. */
export interface EstimateConditions {
  readonly file: string;
  readonly tasksSha256: string;
  readonly accepted: number;
  readonly refused: readonly BrokenLine[];
  readonly world: EstimatedWorld;
  readonly flavour: ApiFlavour;
  readonly runs: number;
  readonly seed: number;
  readonly assumed: readonly string[];
  /** Null: the catalogue is the simulated one. */
  readonly live: LivePrices | null;
}

/** Where the prices are from. */
const catalogueOf = ({ live }: EstimateConditions): string =>
  live === null
    ? 'the simulated catalogue, GPU prices published between June and October 2026; not live (--live is), with everything free'
    : `live from ${live.baseUrl} at ${live.at}, ${counted(live.priced, 'GPU and place', 'GPUs and places')} with what was free there; a GPU-hour is the quote of one worker for an hour less the published fees`;

/** The estimate as one object: the last line of `--json`, and `estimate.json`. */
export const estimateJson = (estimate: Estimate, conditions: EstimateConditions): object => ({
  v: 1,
  ...conditions,
  catalogue: catalogueOf(conditions),
  ...estimate,
  notes: notes(estimate, conditions),
});

/** The estimate for a person. */
export function estimateLines(estimate: Estimate, conditions: EstimateConditions): string[] {
  const { file, accepted, refused, runs, seed } = conditions;
  const { totals } = estimate;
  return [
    `${file}: ${counted(accepted, 'task')} accepted, ${refused.length} refused at intake`,
    ...refused.map((one) => `  ${brokenLineText(one)}`),
    '',
    ...(totals === null
      ? ['Nothing can run.']
      : [
          `${counted(runs, 'run')} of Burst itself on virtual time, from seed ${seed}`,
          ...tableLines(
            ['', 'p50', 'p95'],
            [
              ['cost', dollars(totals.costUsd.p50), dollars(totals.costUsd.p95)],
              [
                'last task ends after',
                duration(totals.finishSeconds.p50),
                duration(totals.finishSeconds.p95),
              ],
              ['clusters', String(estimate.clusters.p50), String(estimate.clusters.p95)],
              ['tasks failed', String(estimate.failedTasks.p50), String(estimate.failedTasks.p95)],
            ],
          ),
        ]),
    ...estimate.profiles.flatMap(profileLines),
    '',
    ...notes(estimate, conditions).map((note) => `- ${note}`),
  ];
}

const HEAD = [
  ...['GPU', 'VRAM', '$ per GPU-hour', 'a task', 'cost p50', 'p95', 'finish p50', 'p95', 'why'],
];

function profileLines({ kinds, tasks, requirement, gpus, options, waits }: ProfileEstimate) {
  const places =
    requirement.locations === undefined ? '' : ` in ${requirement.locations.join(', ')}`;
  const what = `${kinds.join(', ')}: ${counted(tasks, 'task')}, each on ${needInWords(requirement.need)}${places}`;
  const said =
    waits === null
      ? `first cluster: ${counted(gpus, 'GPU')}`
      : `would wait and is not in the estimate: ${waits}`;
  const table = tableLines(HEAD.slice(0, -1), options.map(cells));
  const reasons = ['why', '---', ...options.map(({ why }) => why)];
  return ['', what, said, ...table.map((line, n) => withReason(line, table, reasons[n] ?? ''))];
}

/** The last column goes to the left, and the table knows only the first so. */
const withReason = (line: string, table: readonly string[], why: string): string =>
  `${line.padEnd(Math.max(...table.map(({ length }) => length)))}  ${why}`;

function cells({ gpuModel, vramGb, usdPerGpuHour, unitSeconds, alone, chosen }: TriedOption) {
  return [
    `${chosen ? '*' : ' '} ${gpuModel}`,
    `${vramGb} GB`,
    usdPerGpuHour.toFixed(2),
    `${unitSeconds < 10 ? unitSeconds.toFixed(1) : Math.round(unitSeconds)} s`,
    ...(alone === null
      ? ['-', '-', '-', '-']
      : [
          ...[dollars(alone.costUsd.p50), dollars(alone.costUsd.p95)],
          ...[duration(alone.finishSeconds.p50), duration(alone.finishSeconds.p95)],
        ]),
  ];
}

function notes(estimate: Estimate, conditions: EstimateConditions): string[] {
  const { world, flavour, assumed } = conditions;
  const tried = estimate.profiles.flatMap(({ options }) =>
    options.map(({ alone }) => alone?.runs ?? 0),
  );
  const { medianSeconds, sigma, leastSeconds, mostSeconds } = PROVISIONING;
  return [
    `prices: ${catalogueOf(conditions)}; cost is the provider's bill with its fees, first hour of a cluster in full`,
    world === 'deployed'
      ? `settings: a deployment's defaults, API ${flavour}; a cluster takes ${medianSeconds} s to come (lognormal, sigma ${sigma}, ${leastSeconds} to ${mostSeconds} s; an assumption)`
      : `settings: those of npm start, API ${flavour}, by its own clock; clusters come as its simulator draws them`,
    `a task takes what its kind or estimatedSeconds says, times a factor for the kind (lognormal, sigma ${PRIOR_SIGMA}) and one for the task (sigma ${TASK_SIGMA}); assumptions, and the same for every GPU: no kind knows how it differs`,
    `* the GPU the planner takes first; each row is the work of this need on that GPU alone, ${Math.max(0, ...tried)} runs`,
    'not in it: faults, loading of models and keys, results that do not verify; files were not looked at',
    ...capNotes(estimate, world),
    ...(estimate.givenUp === 0
      ? []
      : [`in ${counted(estimate.givenUp, 'run')} some task had not ended after 30 days`]),
    ...assumed.map((one) => `taken for granted: ${one}`),
  ];
}

/** Caps are left out of the runs; a cost beyond one would leave tasks waiting. */
function capNotes({ totals }: Estimate, world: EstimatedWorld): string[] {
  if (totals === null || world === 'local') return [];
  const { dayMicroUsd } = Settings.shape.caps.parse(undefined);
  const cap = usdOf(dayMicroUsd);
  if (totals.costUsd.p95 <= cap) return [];
  return [
    `p95 is above the default cap of ${dollars(cap)} a day: tasks would wait for the next day`,
  ];
}

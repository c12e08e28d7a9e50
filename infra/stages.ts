import { collect } from '../lambdas/collect.ts';
import { intake } from '../lambdas/intake.ts';
import { plan } from '../lambdas/plan.ts';
import { poll } from '../lambdas/poll.ts';
import { provision } from '../lambdas/provision.ts';
import { reap } from '../lambdas/reap.ts';
import { run } from '../lambdas/run.ts';
import { sweep } from '../lambdas/sweep.ts';
import { teardown } from '../lambdas/teardown.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Invocation, Ports } from '../shared/ports.ts';

/** The functions of Burst. The state machine names the first seven `${plan}` and so on. */
export const STAGE_NAMES = [
  'intake',
  'plan',
  'provision',
  'run',
  'poll',
  'collect',
  'teardown',
  'sweep',
  'reap',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

export type Handler = (input: unknown, invocation: Invocation) => Promise<unknown>;

const STAGES = { intake, plan, provision, run, poll, collect, teardown, sweep, reap } as const;

/** One stage wired to a set of ports. */
export const wireStage = (name: StageName, ports: Ports, settings: Settings): Handler =>
  STAGES[name](ports, settings);

/** Every stage wired to one set of ports. */
export const wireStages = (
  ports: Ports,
  settings: Settings,
): Readonly<Record<StageName, Handler>> => {
  const wired = (name: StageName) => wireStage(name, ports, settings);
  return {
    intake: wired('intake'),
    plan: wired('plan'),
    provision: wired('provision'),
    run: wired('run'),
    poll: wired('poll'),
    collect: wired('collect'),
    teardown: wired('teardown'),
    sweep: wired('sweep'),
    reap: wired('reap'),
  };
};

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

/** Every stage wired to one set of ports. */
export const wireStages = (
  ports: Ports,
  settings: Settings,
): Readonly<Record<StageName, Handler>> => ({
  intake: intake(ports, settings),
  plan: plan(ports, settings),
  provision: provision(ports, settings),
  run: run(ports, settings),
  poll: poll(ports, settings),
  collect: collect(ports, settings),
  teardown: teardown(ports, settings),
  sweep: sweep(ports, settings),
  reap: reap(ports, settings),
});

import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { type Filled, parseSettings, settingsOf, withDefaults } from './filled-props.ts';
import { problemsOf } from './props-problems.ts';
import type { BurstSchedulerProps } from './scheduler-props.ts';

/** Props that passed, with every default filled in. */
export interface Deployment {
  readonly name: string;
  readonly keepsData: boolean;
  readonly tenants: readonly DeployedTenant[];
  readonly apiFlavour: Filled['apiFlavour'];
  readonly secretName: string;
  readonly registrySecretName: string | undefined;
  /** For `BURST_SETTINGS`: what was set and no defaults, which the functions know themselves. */
  readonly settingsJson: string;
  readonly functionSeconds: number;
  readonly logRetention: RetentionDays;
  readonly bodyDays: number;
  readonly concurrency: Filled['concurrency'];
  readonly alarmUsdPerHour: number;
  readonly alarmWaitingSeconds: number;
  readonly runbookUrl: string;
  /** Kinds that were given an image, but whose tasks intake will refuse, because no GPU is rented for them. */
  readonly refusedKinds: readonly string[];
}

interface DeployedTenant {
  readonly tenant: string;
  readonly queueName: string;
}

/** The props do not describe a deployment. The message lists everything that is wrong with them. */
export class PropsRejected extends Error {
  override readonly name = 'PropsRejected';

  constructor(problems: readonly string[]) {
    super(`Burst cannot be deployed like this:\n${problems.map((one) => `- ${one}`).join('\n')}`);
  }
}

/**
 * What is deployed.
 *
 * @throws PropsRejected with everything that is wrong.
 */
export function deploymentOf(props: BurstSchedulerProps, region?: string): Deployment {
  const problems = problemsOf(props, region);
  const filled = withDefaults(props);
  const settingsJson = JSON.stringify(settingsOf(props, filled));
  const settings = parseSettings(settingsJson);
  if (!settings.success || problems.length > 0) throw new PropsRejected(problems);

  const { limits, allowCpuExecutor } = settings.data;
  return {
    ...filled,
    tenants: filled.queues,
    keepsData: props.stage !== 'development',
    registrySecretName: props.registrySecretName,
    settingsJson,
    functionSeconds: limits.functionSeconds,
    refusedKinds: Object.keys(props.images).filter(
      (kind) => kindNamed(kind)?.gpuUsed === false && !allowCpuExecutor,
    ),
  };
}

/** A published version of the state machine, and the function versions its definition names. */
export interface MachineVersion {
  readonly arn: string;
  readonly calls: readonly string[];
}

/** What is deployed and what runs, as AWS and the ledger say. */
export interface Deployed {
  /** Versions of the machine, newest first. */
  readonly machines: readonly MachineVersion[];
  /** ARN of the version executions are started by. */
  readonly current: string;
  /** ARNs of every published version of every function the machine calls. */
  readonly functionVersions: readonly string[];
  /** Executions that run; those started before there were versions have none. */
  readonly running: readonly {
    readonly name: string;
    readonly machineVersion: string | undefined;
  }[];
  /** Newest segment of every lease that is not settled, as an execution's name. */
  readonly openSegments: readonly string[];
}

export type Pruning =
  | {
      readonly prune: true;
      readonly machines: readonly string[];
      readonly functionVersions: readonly string[];
      /** What stays, and for whom. */
      readonly kept: readonly { readonly arn: string; readonly why: string }[];
      /** Open bursts that no execution drives: the sweep starts them on the current version. */
      readonly undriven: readonly string[];
    }
  | { readonly prune: false; readonly why: string };

/**
 * Which versions nobody uses: neither the current one nor one that an execution runs on. An execution is all
 * that ties an open lease to a version, since hand-over and take-over start the current one. An execution that
 * outlived its lease counts, too: until it notices, it calls its functions.
 *
 * A function version newer than the one the current machine calls stays as well: a deployment may be under
 * way that has published it and is about to name it. Refused where use cannot be told: an execution without a
 * version may call anything.
 */
export function toPrune(deployed: Deployed): Pruning {
  const { machines, current, functionVersions, running, openSegments } = deployed;
  if (!machines.some(({ arn }) => arn === current)) {
    return { prune: false, why: `the current version ${current} is not among those listed` };
  }
  const unversioned = running.filter(({ machineVersion }) => machineVersion === undefined);
  if (unversioned.length > 0) {
    const names = unversioned.map(({ name }) => name).join(', ');
    return { prune: false, why: `no version is known of what runs as ${names}; wait for its end` };
  }
  const users = (arn: string): string[] => [
    ...(arn === current ? ['new executions'] : []),
    ...running.flatMap(({ name, machineVersion }) => (machineVersion === arn ? [name] : [])),
  ];
  const used = machines.filter(({ arn }) => users(arn).length > 0);
  const called = new Set(used.flatMap(({ calls }) => calls));
  const newest = new Map(
    machines.flatMap(({ arn, calls }) => (arn === current ? calls.map(versionIn) : [])),
  );
  const isUnused = (arn: string): boolean => {
    const [name, version] = versionIn(arn);
    return !called.has(arn) && version < (newest.get(name) ?? 0);
  };
  return {
    prune: true,
    machines: machines.filter((one) => !used.includes(one)).map(({ arn }) => arn),
    functionVersions: functionVersions.filter(isUnused),
    kept: used.map(({ arn }) => ({ arn, why: users(arn).join(', ') })),
    undriven: openSegments.filter((segment) => !running.some(({ name }) => name === segment)),
  };
}

/** ARN of a function, and the number of one of its versions. */
export function versionIn(arn: string): [name: string, version: number] {
  const at = arn.lastIndexOf(':');
  return [arn.slice(0, at), Number(arn.slice(at + 1))];
}

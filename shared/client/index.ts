/** What a dApp imports. */

export { COST_LINES, type CostLine, type LeaseCost, type TaskShare } from '../cost/lease-cost.ts';
export { CAUSES, type Cause, type Explanation } from '../explain/explanation.ts';
export type { Task } from '../model/task.ts';
export { type BurstClient, burstClient, type ClientPorts } from './burst-client.ts';
export type { Cancelled } from './cancel.ts';
export type { Costs, TaskCost } from './costs.ts';
export {
  type BurstClientOptions,
  type ConnectedBurstClient,
  createBurstClient,
} from './create-client.ts';
export { ResultDamaged, ResultNotReady, TaskEndedWithoutResult, TaskNotFound } from './errors.ts';
export type { Receipt, SendError, SendStatus, TaskReference } from './receipt.ts';
export type { DownloadedFile, ResultLink, TaskResult } from './results.ts';
export type { Pause } from './send.ts';
export type { TaskState } from './task-state.ts';
export type { Progress, WaitOptions } from './wait.ts';

import { parentPort } from 'node:worker_threads';
import { answerOrders } from './execute.ts';
import { executorsOf } from './executors.ts';
import { settingsOfThisProcess } from './settings.ts';

// Runs in a thread of its own, so that the job server answers while a task keeps the processor busy.
if (parentPort === null) throw new Error('executor-thread runs as a worker thread only');
answerOrders(parentPort, executorsOf(settingsOfThisProcess()));

import { parentPort } from 'node:worker_threads';
import { answerOrders } from '../../worker/execute.ts';
import { TEST_EXECUTORS } from './worker-executors.ts';

if (parentPort === null) throw new Error('worker-thread runs as a worker thread only');
answerOrders(parentPort, TEST_EXECUTORS);

import { describe, expect, it } from 'vitest';
import { hasEnded, type JobReport } from '../../shared/model/job.ts';
import { isLost, unread } from '../../shared/model/job-state.ts';
import { isToBeHeard, judgeJob } from '../../shared/poll/job-look.ts';
import { lookAgainSeconds } from '../../shared/poll/next-look.ts';
import type { Answer } from '../../shared/ports.ts';
import { aJob, aReport, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { lostAfterMisses, lostAfterSeconds } = settings.looks;
type JobChange = Parameters<typeof aJob>[1];

const SILENT: Answer<JobReport | undefined> = { kind: 'silent', why: 'no answer in time' };
const NOT_ASKED: Answer<JobReport | undefined> = { kind: 'not-asked', why: 'our own trouble' };
const FORGOT: Answer<JobReport | undefined> = { kind: 'answered', value: undefined };
const reports = (more: Partial<JobReport> = {}): Answer<JobReport | undefined> => ({
  kind: 'answered',
  value: aReport(more),
});
const judged = (job: JobChange, answer: Answer<JobReport | undefined>) =>
  judgeJob(aJob(1, job), answer, settings, NOW);

describe('a silent worker', () => {
  /** The miss at hand is one more than those on the row. */
  it.each([
    ['neither often nor long enough', lostAfterMisses - 2, lostAfterSeconds - 1, 'nothing'],
    ['often, but not long enough', lostAfterMisses - 1, lostAfterSeconds - 1, 'nothing'],
    ['very often in a bad second', 50, 1, 'nothing'],
    ['long, but asked too seldom', lostAfterMisses - 2, 10 * lostAfterSeconds, 'nothing'],
    ['often and long enough', lostAfterMisses - 1, lostAfterSeconds, 'lost'],
    ['more than that', lostAfterMisses, lostAfterSeconds + 1, 'lost'],
  ])('is lost by count and by time, both: %s', (_how, misses, seconds, kind) => {
    expect(judged({ misses, firstMissAt: at(-seconds) }, SILENT).kind).toBe(kind);
  });

  it('spends of its budget at each question', () => {
    expect(judged({}, SILENT)).toEqual({ kind: 'nothing', miss: true });
  });

  it('spends nothing of it when it was not asked, however long', () => {
    const spent = { misses: 99, firstMissAt: at(-9999), deadlineAt: at(-1) };
    expect(judged(spent, NOT_ASKED)).toEqual({ kind: 'nothing', miss: false });
  });

  it.each([
    [0, 'nothing'],
    [-29, 'nothing'],
    [-30, 'lost'],
  ])('costs its job at the deadline at the latest, and a moment: in %i s', (seconds, kind) => {
    expect(judged({ deadlineAt: at(seconds) }, SILENT).kind).toBe(kind);
  });

  it('is not lost for one answer that was lost after the deadline', () => {
    expect(judged({ deadlineAt: at(-60) }, SILENT)).toMatchObject({ worker: 'silent' });
    const often = { misses: lostAfterMisses - 1, firstMissAt: at(-lostAfterSeconds) };
    expect(judged({ ...often, deadlineAt: at(-60) }, SILENT)).toMatchObject({ worker: 'lost' });
  });
});

describe('a worker that knows nothing of a job', () => {
  it('gets it again while it was not confirmed, until its deadline', () => {
    expect(judged({ status: 'submitting' }, FORGOT)).toEqual({ kind: 'resubmit' });
    const late = { status: 'submitting', deadlineAt: NOW } as const;
    expect(judged(late, FORGOT)).toMatchObject({ kind: 'lost', worker: 'unwilling' });
  });

  it('and had it counts as silent: it was restarted', () => {
    expect(judged({}, FORGOT)).toEqual({ kind: 'nothing', miss: true });
    const often = { misses: lostAfterMisses - 1, firstMissAt: at(-lostAfterSeconds) };
    expect(judged(often, FORGOT)).toMatchObject({ kind: 'lost', worker: 'forgetful' });
  });

  it('is forgetful, not silent, once the deadline is over', () => {
    const reason = 'unknown to its worker past its deadline';
    const expected = { kind: 'lost', reason, worker: 'forgetful' };
    expect(judged({ deadlineAt: at(-30) }, FORGOT)).toEqual(expected);
  });

  it('and reports another manifest under its name counts as silent', () => {
    expect(judged({}, reports({ manifestSha256: 'cd'.repeat(32) as never }))).toEqual({
      kind: 'nothing',
      miss: true,
    });
  });
});

describe('a report', () => {
  it.each<[string, JobChange, Partial<JobReport>, boolean]>([
    ['the same again', {}, {}, false],
    ['another status', {}, { status: 'succeeded' }, true],
    ['a new upload', {}, { uploaded: [0] }, true],
    ['an upload known already', { uploaded: new Set([0]) }, { uploaded: [0] }, false],
    ['a failure', {}, { failures: [{ line: 0, class: 'executor', message: 'x' }] }, true],
    ['a sign of life after silence', { misses: 1, firstMissAt: at(-20) }, {}, true],
  ])('is news or not: %s', (_what, job, report, news) => {
    expect(judged(job, reports(report))).toMatchObject({ kind: 'report', news });
  });

  it.each([
    [0, 'report'],
    [-29, 'report'],
    [-30, 'lost'],
  ])('of a job that still runs %i s before its deadline, by our clock: %s', (seconds, kind) => {
    expect(judged({ deadlineAt: at(seconds) }, reports()).kind).toBe(kind);
  });

  it('of a job that ended is taken after the deadline too', () => {
    expect(judged({ deadlineAt: at(-60) }, reports({ status: 'interrupted' })).kind).toBe('report');
  });
});

describe('uploads to read', () => {
  it('are those announced, within the job, and not looked at yet, in order', () => {
    const job = aJob(1, { tasks: 3, uploaded: new Set([2, 7, 0, 1]), collected: new Set([1]) });
    expect(unread(job)).toEqual([0, 2]);
  });
});

describe('a lost job', () => {
  it.each<[string, JobChange, boolean]>([
    ['is asked before its deadline', { status: 'lost' }, true],
    ['not at it', { status: 'lost', deadlineAt: NOW }, false],
    ['not when it said that it ended', { status: 'lost', reported: 'failed' }, false],
    ['nor is a job that runs one', {}, false],
  ])('%s', (_when, job, expected) => {
    expect(isLost(aJob(1, job), NOW)).toBe(expected);
  });

  it('ends by its own word only', () => {
    expect(['succeeded', 'failed', 'interrupted', 'cancelled'].every(hasEnded)).toBe(true);
    expect(['queued', 'running', undefined].some(hasEnded)).toBe(false);
  });
});

describe('the next look', () => {
  it.each([
    [0, 0.5, 15],
    [1, 0.5, 23],
    [3, 0.5, 51],
    [4, 0.5, 60],
    [5000, 0.5, 60],
    [4, 0, 45],
    [4, 1, 75],
  ])('after %i quiet looks, with chance %d, is in %i s', (quiet, random, seconds) => {
    expect(lookAgainSeconds(quiet, settings.looks, random)).toBe(seconds);
  });

  it('is never at once', () => {
    const quick = testSettings({ looks: { shortestSeconds: 0.1, longestSeconds: 0.2 } });
    expect(lookAgainSeconds(0, quick.looks, 0)).toBe(1);
  });
});

describe('batches hear that their job is alive', () => {
  const quarter = settings.lease.jobSeconds / 4;
  /** Of a job that has run for a quarter of the longest time, and answered so long ago. */
  const isHeard = (answeredSecondsAgo: number, ranSeconds: number, more: JobChange = {}) => {
    const job = { submittedAt: at(-ranSeconds), answeredAt: at(-answeredSecondsAgo), ...more };
    return isToBeHeard(aJob(1, job), settings, NOW);
  };

  it.each([
    [quarter - 1, false],
    [quarter, true],
    [quarter + 1, true],
  ])('again when it reports %i s after it was submitted: %s', (ranSeconds, heard) => {
    expect(isHeard(ranSeconds - 1, ranSeconds)).toBe(heard);
  });

  it('of the first report, and of any of a lost job', () => {
    expect(isHeard(1, 10, { answeredAt: undefined })).toBe(true);
    expect(isHeard(1, 10, { status: 'lost' })).toBe(true);
    expect(isHeard(1, 10)).toBe(false);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf } from '../../shared/model/ids.ts';
import { JobReport, MAX_JOB_TASKS } from '../../shared/model/job.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import { type Job, MAX_FAILURES, MAX_REPORT_BYTES, newJob, reportOf } from '../../worker/job.ts';
import { anyText } from '../support/any-text.ts';

const NOW = Instant.parse('2026-11-22T12:00:00.000Z');

/** The longest ids there are. */
const aJob = (): Job =>
  newJob({
    jobId: jobIdOf(BurstId.parse(`${'b'.repeat(31)}-0123456789ab`), 999_999),
    manifestUrl: 'https://storage.example/manifest',
    manifestSha256: sha256Of('manifest'),
    deadlineAt: plusSeconds(NOW, 1800),
  });

const bytesOf = (report: JobReport) => Buffer.byteLength(JSON.stringify(report));

const failure = (line: number, message: string) => ({ line, class: 'executor' as const, message });

describe('reportOf', () => {
  it('fits into 64 KiB whatever the messages are, and names every line and every failure', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 * MAX_FAILURES }), anyText(), (count, text) => {
        const job = { ...aJob(), startedAt: NOW };
        for (let line = 0; line < MAX_JOB_TASKS - count; line += 1) job.uploaded.push(line);
        for (let i = 1; i <= count; i += 1)
          job.failures.push(failure(MAX_JOB_TASKS - i, `${text}"\\é`.repeat(99)));
        const report = JobReport.parse(reportOf(job, plusSeconds(NOW, 123_456.789)));
        expect(bytesOf(report)).toBeLessThanOrEqual(MAX_REPORT_BYTES);
        expect(report.uploaded).toHaveLength(MAX_JOB_TASKS - count);
        expect(report.failures).toHaveLength(Math.min(count, MAX_FAILURES));
      }),
      { numRuns: 50 },
    );
  });

  it('cuts a message only when it must', () => {
    const job = aJob();
    job.failures.push(failure(0, 'm'.repeat(300)));
    expect(reportOf(job, NOW).failures).toEqual([failure(0, 'm'.repeat(300))]);
  });

  it.each([
    { name: 'a queued job', times: {}, seconds: 0 },
    { name: 'a running job', times: { startedAt: plusSeconds(NOW, -90) }, seconds: 90 },
    {
      name: 'an ended job',
      times: { startedAt: plusSeconds(NOW, -90), endedAt: plusSeconds(NOW, -30) },
      seconds: 60,
    },
  ])('counts $seconds slot-seconds for $name', ({ times, seconds }) => {
    expect(reportOf({ ...aJob(), ...times }, NOW).slotSeconds).toBe(seconds);
  });
});

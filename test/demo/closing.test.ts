import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closingText } from '../../infra/local/demo/closing.ts';
import { widthOf } from '../../infra/local/demo/line.ts';
import type { Report } from '../../infra/local/demo/snapshot.ts';
import { aReport } from './make.ts';

const linesOf = (report: Report, columns = 80): string[] =>
  closingText(report, { color: false, columns }).split('\n');

/** The section under `title`, without its title. */
const section = (title: string, report: Report, columns = 80): string[] => {
  const lines = linesOf(report, columns);
  const start = lines.indexOf(title) + 1;
  expect(start).toBeGreaterThan(0);
  return lines.slice(start);
};

describe('closingText', () => {
  it('fits into 80 columns', () => {
    expect(closingText(aReport(), { color: false, columns: 80 })).toBe(`
Tasks
1,000 accepted: 997 done, 3 failed, 0 cancelled. 12 rejected at intake. It took
  1 min 1 s of real time.

kind            tasks  attempts  verified by    slot-seconds   quoted   billed
nft.generative    940     1,003  re-render 930        12,345    $3.10    $2.90
                                 sample 7
zk.groth16         60        61  proof 60              1,345  $0.0523  $0.0410

Clusters
burst-0123456789ab: 8 GPUs, RTX 4090, Finland
  ┄┄┄┄┄┄┄┄┄┄━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  ready after 10 min, alive 1 h 00 min, $2.94 billed
  0:00:03 planned
  0:10:04 ready with 8 workers
  1:01:15 confirmed gone

Went wrong and was survived
1 worker lost
2 late reports of an old attempt refused
1 late result of a finished task refused

Money
$2.94 billed, $3.15 quoted, for 1 cluster.

spent on                    billed   share
work                         $1.47  50.0 %
idle slots                   $1.45  49.3 %
attempts without a result  $0.0200   0.7 %

Executions
execution             status     transitions  history events
burst-0123456789ab-1  SUCCEEDED          132           1,790

API calls
service   calls  most of them
DynamoDB  5,200  UpdateItem 3,100, Query 1,200
S3        3,000  GetObject 2,000, PutObject 1,000

Where everything lies
  everything: /tmp/out
  contact sheet: /tmp/out/contact-sheet.png
  provenance: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1

Local mode: a simulated io.net and a clock at 60 times real time. No GPU was
  used, no money was spent.
`);
  });

  it('makes lists of tables that are wider than the terminal, and loses no word', () => {
    expect(section('Tasks', aReport(), 40).slice(0, 20)).toEqual([
      '1,000 accepted: 997 done, 3 failed, 0',
      '  cancelled. 12 rejected at intake. It',
      '  took 1 min 1 s of real time.',
      '',
      'nft.generative',
      '  tasks: 940',
      '  attempts: 1,003',
      '  verified by: re-render 930, sample 7',
      '  slot-seconds: 12,345',
      '  quoted: $3.10',
      '  billed: $2.90',
      'zk.groth16',
      '  tasks: 60',
      '  attempts: 61',
      '  verified by: proof 60',
      '  slot-seconds: 1,345',
      '  quoted: $0.0523',
      '  billed: $0.0410',
      '',
      'Clusters',
    ]);
  });

  it('keeps a path whole on a line of its own', () => {
    const outDir = `/tmp/${'deep/'.repeat(20)}out`;
    expect(section('Where everything lies', aReport({ outDir }), 40).slice(0, 2)).toEqual([
      '  everything:',
      `    ${outDir}`,
    ]);
  });

  it('is wider than the terminal only where a single word is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 160 }), (columns) => {
        const clusters = aReport().clusters.map((cluster) => ({
          ...cluster,
          confirmedGone: false,
        }));
        for (const line of linesOf(aReport({ clusters }), columns)) {
          const isOneWord = /^ *\S+$/.test(line);
          expect(isOneWord ? 0 : widthOf(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  it('colours the same text when asked to', () => {
    const coloured = closingText(aReport(), { color: true, columns: 80 });
    expect(coloured).toContain('\u001b[32mSUCCEEDED\u001b[39m');
    const codes = /\[\d+m/g;
    expect(coloured.replaceAll('\u001b', '').replace(codes, '')).toBe(
      closingText(aReport(), { color: false, columns: 80 }),
    );
  });

  it('shows a cluster that never got ready and was not seen to go', () => {
    const [cluster] = aReport().clusters;
    if (cluster === undefined) throw new Error('the report has a cluster');
    const bad = { ...cluster, readyAfterSeconds: 0, aliveSeconds: 900, confirmedGone: false };
    expect(
      section('Clusters', aReport({ clusters: [{ ...bad, timeline: [] }] })).slice(0, 5),
    ).toEqual([
      'burst-0123456789ab: 8 GPUs, RTX 4090, Finland',
      `  ${'┄'.repeat(60)}`,
      '  never ready, alive 15 min, $2.94 billed',
      '  not confirmed gone',
      '',
    ]);
  });

  it('draws no bar for a cluster that never lived', () => {
    const clusters = aReport().clusters.map((cluster) => ({ ...cluster, aliveSeconds: 0 }));
    expect(section('Clusters', aReport({ clusters }))[1]).toMatch(/^ {2}ready after/);
  });

  it('breaks a long event below its beginning, and clusters by an empty line', () => {
    const what = 'destroyed, because nothing was open that it may claim in its paid time';
    const [cluster] = aReport().clusters;
    if (cluster === undefined) throw new Error('the report has a cluster');
    const clusters = [{ ...cluster, timeline: [{ atSeconds: 61, what }] }, cluster];
    expect(section('Clusters', aReport({ clusters }), 60).slice(3, 7)).toEqual([
      '  0:01:01 destroyed, because nothing was open that it may',
      '          claim in its paid time',
      '',
      'burst-0123456789ab: 8 GPUs, RTX 4090, Finland',
    ]);
  });

  it.each([
    {
      name: 'nothing',
      changes: { workersLost: 0, staleWrites: { reports: 0, results: 0 } },
      lines: ['Nothing.', ''],
    },
    {
      name: 'tasks resumed from checkpoints',
      changes: {
        workersLost: 2,
        resumedFromCheckpoint: 1,
        resumed: [{ taskId: 'delay-1', stage: 'prove 12', savedSeconds: 1152 }],
        speed: 120,
        staleWrites: { reports: 0, results: 0 },
      },
      lines: [
        '2 workers lost',
        'delay-1 went on from checkpoint "prove 12": 9.6 s of work saved (19 min by the',
        '  local clock)',
        '',
      ],
    },
  ])('says of $name what was survived', ({ changes, lines }) => {
    const told = section('Went wrong and was survived', aReport(changes));
    expect(told.slice(0, lines.length)).toEqual(lines);
  });

  it('leaves out what there is nothing of', () => {
    const lines = linesOf(
      aReport({
        byKind: {},
        clusters: [],
        executions: [],
        spentOnUsd: {},
        apiCalls: {},
        contactSheet: null,
        provenanceSha256: null,
        speed: 1,
      }),
    );
    expect(lines.slice(1)).toEqual([
      'Tasks',
      '1,000 accepted: 997 done, 3 failed, 0 cancelled. 12 rejected at intake. It took',
      '  1 min 1 s of real time.',
      '',
      'Went wrong and was survived',
      '1 worker lost',
      '2 late reports of an old attempt refused',
      '1 late result of a finished task refused',
      '',
      'Money',
      '$2.94 billed, $3.15 quoted, for 0 clusters.',
      '',
      'Where everything lies',
      '  everything: /tmp/out',
      '  contact sheet: none',
      '  provenance: none, the collection is not complete',
      '',
      'Local mode: a simulated io.net and a clock at real time. No GPU was used, no',
      '  money was spent.',
      '',
    ]);
  });
});

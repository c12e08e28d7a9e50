import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScreen, type Screen } from '../../infra/local/demo/screen.ts';
import type { Snapshot } from '../../infra/local/demo/snapshot.ts';
import { aCluster, aSnapshot } from './make.ts';
import { type Terminal, terminal } from './terminal.ts';

const onTerminal = (columns = 80, color = false): { tty: Terminal; screen: Screen } => {
  const tty = terminal(columns);
  const screen = createScreen({
    write: tty.write,
    isTerminal: true,
    color,
    columns: () => columns,
    speed: 60,
  });
  return { tty, screen };
};

const plain = (color = false): { written: () => string; screen: Screen } => {
  const writes: string[] = [];
  const write = (text: string) => void writes.push(text);
  const screen = createScreen({ write, isTerminal: false, color, columns: () => 20, speed: 60 });
  return { written: () => writes.join(''), screen };
};

const BUSY = aSnapshot({
  elapsedSeconds: 2550,
  tasks: { sent: 1012, accepted: 1000, rejected: 12, done: 500, failed: 100 },
  waiting: [{ tasks: 400, sentence: 'behind 500 tasks of the same profile' }],
  clusters: [
    aCluster({ workersLost: 1, tasksDone: 500 }),
    aCluster({
      name: 'burst-fedcba987654',
      phase: 'tearing-down',
      gpuModel: 'A100 80GB',
      location: 'United States',
      workers: 2,
      paidSecondsLeft: 59,
    }),
    aCluster({ name: 'burst-00112233aabb', phase: 'settled', workers: 1, paidSecondsLeft: 300 }),
  ],
});

describe('on a terminal', () => {
  it('shows time, tasks, money, clusters and what is waited for', () => {
    const { tty, screen } = onTerminal(100);
    screen.show(BUSY);
    expect(tty.rows()).toEqual([
      '',
      'time   0:42:30 on a clock at 60 times real time',
      'tasks  ━━━━━━━━━━━━━━━×××────────────  500 of 1,000 done · 100 failed · 12 rejected',
      'money  $3.20 held · $0.00 billed · $20.00 cap',
      '',
      'cluster             phase         workers     done  paid left  GPU        location',
      'burst-0123456789ab  ready         8 (1 lost)   500     47 min  RTX 4090   Finland',
      'burst-fedcba987654  tearing down  2              0       59 s  A100 80GB  United States',
      'burst-00112233aabb  settled       1              0             RTX 4090   Finland',
      '',
      '400 tasks waiting: behind 500 tasks of the same profile',
      '',
    ]);
  });

  it('leaves out place, GPU, paid time and workers, in this order, where room is short', () => {
    const titles = [81, 71, 60, 49].map((columns) => {
      const { tty, screen } = onTerminal(columns);
      screen.show(BUSY);
      return tty.rows()[5];
    });
    expect(titles).toEqual([
      'cluster             phase         workers     done  paid left  GPU',
      'cluster             phase         workers     done  paid left',
      'cluster             phase         workers     done',
      'cluster             phase         done',
    ]);
  });

  it('cuts what still does not fit and drops the bar', () => {
    const { tty, screen } = onTerminal(31);
    screen.show(BUSY);
    expect(tty.rows()).toEqual([
      '',
      'time   0:42:30 on a clock at…',
      'tasks  500 of 1,000 done · 10…',
      'money  $3.20 held · $0.00 bil…',
      '',
      'cluster             phase…',
      'burst-0123456789ab  ready…',
      'burst-fedcba987654  tearing d…',
      'burst-00112233aabb  settled…',
      '',
      '400 tasks waiting: behind 500',
      '  tasks of the same profile',
      '',
    ]);
  });

  it('redraws in place: as many rows up as stood there, whether rows appear or vanish', () => {
    const { tty, screen } = onTerminal();
    const two = [aCluster(), aCluster({ name: 'burst-fedcba987654' })];
    for (const clusters of [[], two, two.slice(1), []]) screen.show(aSnapshot({ clusters }));
    const ups = tty.writes.map((text) => text.match(/\[(\d+)A/)?.[1]);
    expect(ups).toEqual([undefined, '4', '8', '7']);
    expect(tty.rows()).toEqual([
      '',
      'time   0:00:42 on a clock at 60 times real time',
      'tasks  ──────────────────────────────  0 of 100 done',
      'money  $3.20 held · $0.00 billed · $20.00 cap',
      '',
    ]);
  });

  it('writes a whole picture at once, each row erased after its text', () => {
    const { tty, screen } = onTerminal();
    screen.show(aSnapshot());
    screen.show(aSnapshot({ elapsedSeconds: 43, news: ['a worker was killed'] }));
    expect(tty.writes[1]).toBe(
      '\r\u001b[4A' +
        'a worker was killed\u001b[K\n' +
        '\u001b[K\n' +
        'time   0:00:43 on a clock at 60 times real time\u001b[K\n' +
        'tasks  ──────────────────────────────  0 of 100 done\u001b[K\n' +
        'money  $3.20 held · $0.00 billed · $20.00 cap\u001b[K\n' +
        '\u001b[J',
    );
  });

  it('colours the same rows when asked to', () => {
    const { tty, screen } = onTerminal(100, true);
    screen.show(BUSY);
    const uncoloured = onTerminal(100);
    uncoloured.screen.show(BUSY);
    expect(tty.rows()).toEqual(uncoloured.tty.rows());
    expect(tty.writes[0]).toContain(
      '\u001b[32mready\u001b[39m         \u001b[33m8 (1 lost)\u001b[39m',
    );
    expect(uncoloured.tty.writes[0]).not.toMatch(/\[\d+m/);
  });

  it('keeps news above the rows, oldest first, broken between words', () => {
    const { tty, screen } = onTerminal(40);
    screen.show(aSnapshot({ news: ['first'] }));
    screen.say('the second of them is longer than this terminal is wide');
    screen.show(aSnapshot({ news: ['third'] }));
    expect(tty.rows().slice(0, 5)).toEqual([
      'first',
      'the second of them is longer than this',
      '  terminal is wide',
      'third',
      '',
    ]);
    expect(tty.rows().at(-2)).toMatch(/^money/);
  });

  it('says a line below the last picture once it is closed, and redraws no more', () => {
    const { tty, screen } = onTerminal();
    screen.show(aSnapshot());
    screen.close();
    screen.say('goodbye');
    screen.show(aSnapshot({ clusters: [aCluster()] }));
    expect(tty.rows().slice(-3)).toEqual([expect.stringMatching(/^money/), 'goodbye', '']);
  });

  it('hides the cursor while it draws and gives it back once, however often it is closed', () => {
    const { tty, screen } = onTerminal();
    screen.show(aSnapshot());
    expect(tty.cursor().isVisible).toBe(false);
    screen.close();
    screen.close();
    expect(tty.cursor().isVisible).toBe(true);
    expect(tty.writes.filter((text) => text.includes('\u001b[?25h'))).toHaveLength(1);
  });

  it('leaves a terminal alone on which nothing was ever drawn', () => {
    const { tty, screen } = onTerminal();
    screen.say('starting');
    screen.close();
    expect(tty.writes).toEqual(['starting\n']);
  });

  it('goes further up when a narrower terminal has folded the rows', () => {
    const writes: string[] = [];
    let columns = 80;
    const screen = createScreen({
      write: (text) => void writes.push(text),
      isTerminal: true,
      color: false,
      columns: () => columns,
      speed: 60,
    });
    screen.show(aSnapshot());
    columns = 47;
    screen.show(aSnapshot());
    columns = 46;
    screen.show(aSnapshot());
    expect(writes.map((text) => text.match(/\[(\d+)A/)?.[1])).toEqual([undefined, '5', '4']);
  });

  it('takes 80 columns where the terminal does not tell', () => {
    const tty = terminal(80);
    const { write } = tty;
    const screen = createScreen({
      write,
      isTerminal: true,
      color: false,
      columns: () => 0,
      speed: 1,
    });
    screen.show(aSnapshot());
    expect(tty.rows()[1]).toBe('time   0:00:42 on a clock at real time');
  });

  it.each([
    { clusters: 6, rows: 6, more: undefined },
    { clusters: 7, rows: 6, more: 'and 1 more cluster' },
    { clusters: 9, rows: 6, more: 'and 3 more clusters' },
  ])('shows $rows of $clusters clusters', ({ clusters, rows, more }) => {
    const { tty, screen } = onTerminal();
    screen.show(
      aSnapshot({
        clusters: Array.from({ length: clusters }, (_, n) => aCluster({ name: `burst-${n}` })),
      }),
    );
    expect(tty.rows().filter((row) => row.startsWith('burst-'))).toHaveLength(rows);
    expect(tty.rows().find((row) => row.startsWith('and'))).toBe(more);
  });

  it('makes room by leaving out the oldest settled clusters', () => {
    const { tty, screen } = onTerminal();
    const phases = ['settled', 'settled', 'ready', 'ready', 'settled', 'ready', 'ready', 'ready'];
    screen.show(
      aSnapshot({ clusters: phases.map((phase, n) => aCluster({ name: `burst-${n}`, phase })) }),
    );
    const shown = tty.rows().flatMap((row) => /^burst-(\d)/.exec(row)?.[1] ?? []);
    expect(shown).toEqual(['2', '3', '4', '5', '6', '7']);
  });

  it('gives three causes of waiting two rows each at most', () => {
    const { tty, screen } = onTerminal(40);
    const sentence =
      'a sentence so long that it would fill three rows of this terminal or even more';
    screen.show(aSnapshot({ waiting: Array.from({ length: 4 }, () => ({ tasks: 1, sentence })) }));
    expect(tty.rows().slice(5)).toEqual([
      '1 task waiting: a sentence so long that',
      '  it would fill three rows of this ter…',
      '1 task waiting: a sentence so long that',
      '  it would fill three rows of this ter…',
      '1 task waiting: a sentence so long that',
      '  it would fill three rows of this ter…',
      'and 1 more cause',
      '',
    ]);
  });

  it('stays lower than a terminal of 24 rows', () => {
    const { tty, screen } = onTerminal(40);
    screen.show(
      aSnapshot({
        clusters: Array.from({ length: 30 }, () => aCluster()),
        waiting: Array.from({ length: 30 }, () => ({ tasks: 1, sentence: 'word '.repeat(30) })),
      }),
    );
    expect(tty.rows().length).toBeLessThan(24);
  });

  it('lets no control character of a stranger through', () => {
    const { tty, screen } = onTerminal();
    screen.show(
      aSnapshot({
        clusters: [aCluster({ location: 'Fin\u001b[2Jland' })],
        waiting: [{ tasks: 1, sentence: 'no\noffer\u202e' }],
        news: ['lost\u0007 worker'],
      }),
    );
    expect(tty.rows()).toContain('lost worker');
    expect(tty.rows().join('\n')).toContain('Fin [2Jland');
    expect(tty.rows()).toContain('1 task waiting: no offer');
  });

  it('always leaves the news and the latest picture, in whatever order rows come and go', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 120 }),
        fc.array(snapshots, { minLength: 1 }),
        (columns, shown) => {
          const { tty, screen } = onTerminal(columns, true);
          for (const snapshot of shown) screen.show(snapshot);

          const alone = onTerminal(columns);
          alone.screen.show({ ...(shown.at(-1) ?? aSnapshot()), news: [] });
          expect(tty.rows()).toEqual([...shown.flatMap(({ news }) => news), ...alone.tty.rows()]);
          expect(tty.cursor()).toMatchObject({ row: tty.rows().length - 1, column: 0 });
          expect(Math.max(...tty.rows().map((row) => row.length))).toBeLessThan(columns);
        },
      ),
    );
  });
});

const words = fc.stringMatching(/^[a-z]{1,9}( [a-z]{1,9}){0,12}$/);
const amounts = fc.nat({ max: 2_000_000_000 });
const counts = fc.nat({ max: 3000 });

const snapshots: fc.Arbitrary<Snapshot> = fc.record({
  elapsedSeconds: counts,
  tasks: fc.record({
    sent: counts,
    rejected: counts,
    accepted: counts,
    done: counts,
    failed: counts,
    cancelled: counts,
  }),
  waiting: fc.array(fc.record({ sentence: words, tasks: counts }), { maxLength: 5 }),
  clusters: fc.array(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,20}-[0-9a-f]{12}$/),
      phase: fc.constantFrom('planned', 'provisioning', 'ready', 'teardown-owed', 'settled'),
      gpuModel: fc.option(words, { nil: undefined }),
      location: fc.option(words, { nil: undefined }),
      workers: counts,
      workersLost: counts,
      tasksDone: counts,
      paidSecondsLeft: fc.option(counts, { nil: undefined }),
    }),
    { maxLength: 9 },
  ),
  money: fc.record({ heldMicroUsd: amounts, billedMicroUsd: amounts, capMicroUsd: amounts }),
  news: fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { maxLength: 3 }),
});

describe('without a terminal', () => {
  it('tells phases, workers lost, causes of waiting and news, each once', () => {
    const { written, screen } = plain();
    const waiting = (age: number) => [{ tasks: 100, sentence: `provisioning since ${age} s` }];
    const bare = { gpuModel: undefined, location: undefined, workers: 0 };
    screen.say('the local world is up');
    screen.show(aSnapshot({ clusters: [aCluster({ phase: 'planned', ...bare })] }));
    screen.show(
      aSnapshot({ clusters: [aCluster({ phase: 'provisioning' })], waiting: waiting(9) }),
    );
    screen.show(
      aSnapshot({ clusters: [aCluster({ phase: 'provisioning' })], waiting: waiting(10) }),
    );
    screen.show(aSnapshot({ clusters: [aCluster({ paidSecondsLeft: 9 })], elapsedSeconds: 3700 }));
    screen.show(
      aSnapshot({ clusters: [aCluster({ workersLost: 1 })], news: ['a worker was killed'] }),
    );
    expect(written()).toBe(
      [
        'the local world is up',
        '0:00:42  burst-0123456789ab: planned',
        '0:00:42  burst-0123456789ab: provisioning (RTX 4090, Finland)',
        '0:00:42  100 tasks waiting: provisioning since 9 s',
        '1:01:40  burst-0123456789ab: ready (RTX 4090, Finland, 8 workers)',
        '0:00:42  a worker was killed',
        '0:00:42  burst-0123456789ab: ready (RTX 4090, Finland, 8 workers, 1 lost)',
        '',
      ].join('\n'),
    );
  });

  it('tells the tasks at each tenth and at the end', () => {
    const told = [0, 1, 9, 10, 11, 19, 20, 99, 100, 100].map((done) => ({ tasks: { done } }));
    const { written, screen } = plain();
    for (const change of told) screen.show(aSnapshot(change));
    expect(written().match(/\d+ of/g)).toEqual(['10 of', '20 of', '99 of', '100 of']);
  });

  it('tells how tasks ended and what that costs', () => {
    const { written, screen } = plain();
    screen.show(
      aSnapshot({ tasks: { accepted: 88, rejected: 12, done: 80, failed: 5, cancelled: 3 } }),
    );
    expect(written()).toBe(
      '0:00:42  80 of 88 tasks done, 5 failed, 3 cancelled, 12 rejected, $3.20 held, $0.00 billed\n',
    );
  });

  it('says nothing when nothing changed', () => {
    const { written, screen } = plain();
    screen.show(BUSY);
    const before = written();
    screen.show({ ...BUSY, elapsedSeconds: 2560 });
    expect(written()).toBe(before);
  });

  it('writes no escape code, even where colour is asked for', () => {
    const { written, screen } = plain(true);
    screen.say('up\u001b[31m');
    screen.show({ ...BUSY, news: ['\u001b[2Jnews'] });
    screen.close();
    expect(written()).not.toContain('\u001b');
  });

  it('still says a line after it is closed, but shows nothing', () => {
    const { written, screen } = plain();
    screen.close();
    screen.show(BUSY);
    screen.say('goodbye');
    expect(written()).toBe('goodbye\n');
  });
});

import { drawSchedule } from './schedule.ts';
import { runSchedule } from './run.ts';
Error.stackTraceLimit = 0;
const [from = 1, count = 10, mult = 1, verbose] = process.argv.slice(2).map(Number);
const t0 = performance.now();
const cpu: number[] = [];
let v = 0,
  strikes = 0,
  vs = 0;
for (let seed = from; seed < from + count; seed++) {
  const s = drawSchedule(seed, mult);
  const t1 = performance.now();
  const c1 = process.cpuUsage();
  const o = await runSchedule(
    s,
    verbose ? { note: (at, who, what) => console.log(at.toFixed(3), who, what.slice(0, 300)) } : {},
  );
  strikes += o.strikes.length;
  vs += o.virtualSeconds;
  const ms = performance.now() - t1;
  const c2 = process.cpuUsage(c1);
  cpu.push((c2.user + c2.system) / 1000);
  if (ms > 4000) console.log('slow', seed, s.size, ms.toFixed(0), o.virtualSeconds);
  if (o.violations.length) {
    v++;
    const f = o.violations[0];
    console.log(
      seed,
      s.size,
      (f.atMs - Date.parse('2026-01-01')) / 1000,
      f.invariant,
      f.what.slice(0, 400),
      o.violations.length,
    );
  }
}
const s = (performance.now() - t0) / 1000;
console.log(
  `${count} in ${s.toFixed(1)} s: ${(count / s).toFixed(1)}/s, ${v} bad, ${(strikes / count).toFixed(1)} strikes, ${(vs / count / 3600).toFixed(2)} h`,
);

const mean = (x: number[]) => (x.reduce((a, b) => a + b, 0) / x.length).toFixed(0);
console.log(
  'cpu ms',
  mean(cpu),
  'first tenth',
  mean(cpu.slice(0, count / 10)),
  'last half',
  mean(cpu.slice(count / 2)),
  'median',
  cpu.toSorted((a, b) => a - b)[count >> 1]?.toFixed(0),
);

import { drawSchedule } from './schedule.ts';
import { runSchedule } from './run.ts';
Error.stackTraceLimit = 0;
const [from = 1, count = 10, mult = 1, verbose] = process.argv.slice(2).map(Number);
const t0 = performance.now();
let v = 0,
  strikes = 0,
  vs = 0;
for (let seed = from; seed < from + count; seed++) {
  const s = drawSchedule(seed, mult);
  const t1 = performance.now();
  const o = await runSchedule(
    s,
    verbose ? { note: (at, who, what) => console.log(at.toFixed(3), who, what.slice(0, 300)) } : {},
  );
  strikes += o.strikes.length;
  vs += o.virtualSeconds;
  const ms = performance.now() - t1;
  if (ms > 2000) console.log('slow', seed, s.size, ms.toFixed(0), o.virtualSeconds);
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

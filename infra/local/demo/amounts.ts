const THOUSANDS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,024`. */
export const count = (n: number): string => THOUSANDS.format(n);

/** `1 worker`, `1,024 workers`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** `$12.30`; below ten cents `$0.0123`, because much of what a burst costs is that small. */
export const dollars = (usd: number): string =>
  `$${usd > 0 && usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;

/** `42 s`, `4 min 12 s`, `47 min`, `1 h 04 min`: two units at most, seconds only below ten minutes. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 600) {
    const rest = whole % 60;
    return rest === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${rest} s`;
  }
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `0:04:12`: a point in time since the first task was sent. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `60 times real time`. */
export const paceOf = (speed: number): string =>
  speed === 1 ? 'real time' : `${count(speed)} times real time`;

const two = (n: number): string => String(n).padStart(2, '0');

/**
 * Tells the parent, in one JSON line on stdout, that this process serves, and ends with it.
 *
 * The process ends on SIGTERM or SIGINT, and when its parent is gone: the IPC channel closes or, without
 * one, a stdin that is a pipe comes to its end.
 *
 * @param announcement - What the parent must know, ports above all.
 * @param close - Given two seconds to end in order.
 */
export function serveAsChild(announcement: object, close: () => Promise<void>): void {
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(0), PATIENCE_MS).unref();
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (process.connected) process.once('disconnect', end);
  else if (!process.stdin.isTTY) process.stdin.once('end', end).once('error', end).resume();
  process.stdout.write(`${JSON.stringify(announcement)}\n`);
}

const PATIENCE_MS = 2_000;

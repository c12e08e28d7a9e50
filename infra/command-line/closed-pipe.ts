/**
 * Ends the process when nobody reads what it prints any more (`| head`), as other programs end: without a trace, and
 * with the status of SIGPIPE.
 */
export function endWithReader(stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(128 + SIGPIPE);
  });
}

const SIGPIPE = 13;

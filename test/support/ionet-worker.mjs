// A worker that does no work: listens, says where, and shows the settings it was given.
import { createServer } from 'node:http';
import { env } from 'node:process';

const settings = Object.fromEntries(
  Object.entries(env).filter(([name]) => name.startsWith('BURST_')),
);

if (settings.BURST_STUBBORN === 'yes') process.on('SIGTERM', () => console.log('not now'));
if (settings.BURST_BROKEN === 'yes') {
  console.error('no model in the image');
  process.exit(3);
}

console.log('warming up');
const server = createServer((_request, response) => response.end(JSON.stringify(settings)));
server.listen(Number(settings.BURST_PORT), settings.BURST_HOST, () => {
  console.log(JSON.stringify({ listening: server.address().port }));
});

process.stdin.resume().on('end', () => process.exit(0));

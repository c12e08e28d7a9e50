import { get } from 'node:http';

// What a container engine runs to see whether the worker beside it answers: exit code 0 if it does.
// biome-ignore lint/style/noProcessEnv: a program of its own, beside the worker
const { BURST_PORT: port = '8080', BURST_TOKEN: token = '' } = process.env;
const headers = { authorization: `Bearer ${token}` };

get({ host: '127.0.0.1', port, path: '/healthz', headers, timeout: 4000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));

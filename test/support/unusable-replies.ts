import type { Scripted } from './scripted-server.ts';

/**
 * What makes no answer to anything.
 *
 * @param whole - A reply that would do, but for its ids.
 */
export const unusableReplies = (
  whole: object,
): readonly { readonly what: string; readonly scripted: Scripted }[] => [
  { what: 'HTML', scripted: { body: '<html><body>It works!</body></html>' } },
  { what: 'nothing', scripted: { body: '' } },
  { what: 'no content', scripted: { status: 204 } },
  { what: 'null', scripted: { body: 'null' } },
  { what: 'cut JSON', scripted: { body: '{"data": {"id": "d-1"' } },
  { what: 'a body that breaks off', scripted: 'cut' },
  { what: '2 MiB', scripted: { body: JSON.stringify({ ...whole, pad: 'x'.repeat(2 ** 21) }) } },
  {
    what: 'an id of a wrong type',
    scripted: { body: { ...whole, deployment_id: { id: 1 }, id: [] } },
  },
  { what: 'an empty id', scripted: { body: { ...whole, deployment_id: '', id: '' } } },
  {
    what: 'an id of 129 characters',
    scripted: { body: { ...whole, id: 'x'.repeat(129), deployment_id: 'x'.repeat(129) } },
  },
  { what: 'an error in a success', scripted: { body: { detail: 'something went wrong' } } },
  { what: 'a redirect', scripted: { status: 307, headers: { location: '/elsewhere' } } },
];

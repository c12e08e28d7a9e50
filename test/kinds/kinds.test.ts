import { describe, expect, it } from 'vitest';
import { KINDS, kindNamed } from '../../shared/kinds/kinds.ts';
import { renderToken } from '../../shared/kinds/nft/render-token.ts';
import { aToken } from './nft/make.ts';

describe('the kinds of tasks', () => {
  it('are found by their names, each name once', () => {
    expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length);
    for (const kind of KINDS) expect(kindNamed(kind.name)).toBe(kind);
  });

  it.each(['nft.unheard-of', '', 'constructor', '__proto__'])('have none called %j', (name) => {
    expect(kindNamed(name)).toBeUndefined();
  });

  it('bind a spec to what its kind says about it', () => {
    const spec = aToken(1);
    const read = kindNamed('nft.generative')?.read(JSON.parse(JSON.stringify(spec)));
    if (read?.ok !== true) throw new Error('the spec was refused');
    expect(read.task.unitSeconds).toBeGreaterThan(0);
    expect(read.task.outputs.map(({ name }) => name)).toEqual(['image.png', 'metadata.json']);
    expect(read.task.verify(renderToken(spec).files).verified).toBe(true);
    expect(read.task.verify(new Map()).verified).toBe(false);
  });

  it('give back the issues of a spec with their paths', () => {
    const read = kindNamed('nft.generative')?.read({ tokenId: 0 });
    if (read?.ok !== false) throw new Error('the spec was taken');
    expect(read.issues.map(({ path }) => path.join('.')).sort()).toEqual(['collection', 'tokenId']);
  });
});

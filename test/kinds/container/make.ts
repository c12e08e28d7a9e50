import { ContainerSpec } from '../../../shared/kinds/container.ts';

export const CONTAINER_IMAGE = `registry.example/program@sha256:${'c'.repeat(64)}`;

/** A spec as a dApp would write it: one file of at most 64 bytes, which two workers must deliver alike. */
export const containerSpec = (changes: Readonly<Record<string, unknown>> = {}) => ({
  image: CONTAINER_IMAGE,
  outputs: [{ name: 'result.bin', maxBytes: 64 }],
  verification: { policy: 'redundancy', k: 2 },
  ...changes,
});

/** The same, parsed. */
export const aContainerSpec = (changes: Readonly<Record<string, unknown>> = {}): ContainerSpec =>
  ContainerSpec.parse(containerSpec(changes));

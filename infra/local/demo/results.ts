import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { contactSheet } from '../../../shared/kinds/nft/contact-sheet.ts';
import { decodePng } from '../../../shared/kinds/nft/png-decode.ts';
import { provenanceHash } from '../../../shared/kinds/nft/provenance.ts';
import type { RgbaImage } from '../../../shared/kinds/nft/rgba-image.ts';
import type { NftSpec } from '../../../shared/kinds/nft/spec.ts';
import { canonicalJson } from '../../../shared/model/digest.ts';
import { makeFolder } from '../../command-line/folders.ts';

/** A finished token as it was downloaded. */
export interface FinishedToken {
  readonly taskId: string;
  readonly spec: NftSpec;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** From the verifier's evidence. */
  readonly pixelSha256: string | undefined;
}

/** Writes one task's files where a person looks for them. */
export function saveResult(outDir: string, taskId: string, files: FinishedToken['files']): void {
  const folder = join(outDir, 'results', taskId);
  makeFolder(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

const ProofSpec = z.object({ circuit: z.object({ vk: z.record(z.string(), z.unknown()) }) });

/** The owner's key beside a proof, as snarkjs reads it; nothing for tasks of other kinds. */
export function saveVerificationKey(outDir: string, taskId: string, spec: unknown): void {
  const proof = ProofSpec.safeParse(spec);
  if (!proof.success) return;
  const text = `${JSON.stringify(proof.data.circuit.vk, null, 1)}\n`;
  writeFileSync(join(outDir, 'results', taskId, 'verification_key.json'), text);
}

/** Hash over the ordered images; null unless every token of one collection is there. */
export function provenanceOf(tokens: readonly FinishedToken[]): string | null {
  const ordered = [...tokens].sort((a, b) => a.spec.tokenId - b.spec.tokenId);
  const [first] = ordered;
  if (first === undefined || ordered.length !== first.spec.collection.supply) return null;
  const collection = canonicalJson(first.spec.collection);
  const hashes = ordered.flatMap(({ spec, pixelSha256 }, index) =>
    spec.tokenId === index + 1 && canonicalJson(spec.collection) === collection
      ? (pixelSha256 ?? [])
      : [],
  );
  return hashes.length === ordered.length ? provenanceHash(hashes) : null;
}

/** Pictures on a contact sheet at most: beyond it one would see nothing. */
const MOST_ON_A_SHEET = 100;

/** All pictures on one sheet, in token order; the path of the file, or null when there are none. */
export function saveContactSheet(outDir: string, tokens: readonly FinishedToken[]): string | null {
  const images = [...tokens]
    .sort((a, b) => a.spec.tokenId - b.spec.tokenId)
    .slice(0, MOST_ON_A_SHEET)
    .flatMap(imageOf);
  if (images.length === 0) return null;
  const columns = Math.ceil(Math.sqrt(images.length * 1.5));
  const path = join(outDir, 'contact-sheet.png');
  writeFileSync(path, contactSheet(images, { columns, cell: 256, gap: 12 }));
  return path;
}

function imageOf({ files, spec }: FinishedToken): RgbaImage[] {
  const bytes = files.get('image.png');
  if (bytes === undefined) return [];
  const { size } = spec.collection;
  const decoded = decodePng(bytes, { width: size, height: size, maxBytes: bytes.length });
  return decoded.ok ? [decoded.image] : [];
}

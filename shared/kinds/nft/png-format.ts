/** The first bytes of every PNG (ISO/IEC 15948). */
export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a pixel of the one sort of PNG we write and take: red, green, blue, alpha. */
export const PIXEL_BYTES = 4;

/** The neighbour (left, above, above left) nearest to `left + above - aboveLeft`. */
export function paeth(left: number, above: number, aboveLeft: number): number {
  const toLeft = Math.abs(above - aboveLeft);
  const toAbove = Math.abs(left - aboveLeft);
  const toAboveLeft = Math.abs(left + above - 2 * aboveLeft);
  if (toLeft <= toAbove && toLeft <= toAboveLeft) return left;
  return toAbove <= toAboveLeft ? above : aboveLeft;
}

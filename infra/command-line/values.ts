import { InvalidArgumentError } from 'commander';

/** Parsers of what follows an option. Each throws InvalidArgumentError, which commander shows with the option's name. */

/** Decimal digits alone: `Number` also reads nothing, blanks, `0x10` and `1e3`. */
export const wholeFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** Decimal digits, with a point among or before them or without. */
export const numberFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d*\.?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };

/** Of a file or a folder: an empty one would mean the folder one is in. */
export function pathGiven(text: string): string {
  if (text !== '' && !text.includes('\0')) return text;
  throw new InvalidArgumentError('It must name a file or a folder.');
}

/** Of something that is looked up by it. */
export function nameGiven(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must be a name.');
}

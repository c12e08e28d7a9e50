import { Command, type Option } from 'commander';

/** A command whose complaints take one line each, with the spelling it suggests. */
export const oneLineCommand = (name: string): Command =>
  new Command(name).configureOutput({
    outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
  });

/** Refuses an option that was given and would be ignored without another one. Both by their long names. */
export function refuseAlone(command: Command, long: string, without: string): void {
  if (isGiven(command, long) && !isGiven(command, without)) {
    refuse(command, long, `says nothing without ${without}`);
  }
}

/** Refuses the value of an option without showing it, in the words of commander. */
export function refuse(command: Command, long: string, why: string): never {
  return command.error(`error: option '${optionOf(command, long).flags}' ${why}`);
}

const isGiven = (command: Command, long: string): boolean =>
  command.getOptionValueSource(optionOf(command, long).attributeName()) === 'cli';

function optionOf(command: Command, long: string): Option {
  const option = command.options.find((one) => one.long === long);
  if (option === undefined) throw new TypeError(`the command has no option ${long}`);
  return option;
}

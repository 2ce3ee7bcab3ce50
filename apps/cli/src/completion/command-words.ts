import type { Command, Option } from 'commander';

/** One place in the tree of commands, and what may stand there. */
export interface Place {
  /** `upgrade list`; the root is empty. */
  readonly at: string;
  /** Verbs, or what an argument may be. */
  readonly words: readonly Word[];
  readonly options: readonly OptionWord[];
}

export interface Word {
  readonly word: string;
  readonly description: string;
}

export interface OptionWord {
  /** `-o`, `--output` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be; none: anything. */
  readonly choices: readonly string[];
}

/** Every place of a command line. Options of the root may stand everywhere. */
export function placesOf(root: Command): readonly Place[] {
  return placesBelow(root, '', root.createHelp().visibleOptions(root));
}

function placesBelow(command: Command, at: string, ofRoot: readonly Option[]): readonly Place[] {
  const verbs = command.createHelp().visibleCommands(command);
  const own = command.createHelp().visibleOptions(command);
  const others = ofRoot.filter(({ long }) => !own.some((each) => each.long === long));
  const place = {
    at,
    words: [
      ...verbs.map((verb) => ({ word: verb.name(), description: verb.description() })),
      ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((word) => ({ word, description })),
      ),
    ],
    options: [...own, ...others].filter(isWanted(at)).map(optionWord),
  };
  const below = verbs.filter((verb) => verb.name() !== 'help');
  const next = (verb: Command) => (at === '' ? verb.name() : `${at} ${verb.name()}`);
  return [place, ...below.flatMap((verb) => placesBelow(verb, next(verb), ofRoot))];
}

/** The version is asked of the root alone. */
function isWanted(at: string) {
  return ({ long }: Option) => at === '' || long !== '--version';
}

function optionWord({ short, long, description, argChoices, required, optional }: Option) {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description, takesValue: required || optional, choices: argChoices ?? [] };
}

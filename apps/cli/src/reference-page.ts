import type { Argument, Command, Option } from 'commander';
import { commandLine } from './program';

const HEAD = `# Command line

Generated from the commands themselves by \`npm run generate\`: do not edit.

In this repository a command is run as \`npm run --silent uplift -- <command>\`; \`uplift\` below stands for it.

## Names

An instance is named by project and environment, as Lagoon names them (\`shop/main\`), or by its id. Where an upgrade is asked
for behind an instance it may be left out: the newest of the instance is meant. Instances that are looked after no more are
found by their names as long as no other has taken their place.

\`\`\`sh
uplift instance list --reason-class build        # what failed in a build
uplift instance show shop/main                   # why, and what can be done about it
uplift upgrade retry shop/main --reason "the disk has room again" --wait
\`\`\`

## Output

Data goes to stdout, words to stderr. \`-o table\` is for people: on a narrow terminal empty columns are left out and words are
wrapped, and colours are used on a terminal alone, unless \`NO_COLOR\` is set. \`-o json\` prints one JSON value, \`-o jsonl\` one
JSON object a line. Times are RFC 3339. What is refused is printed as the problem document of the API, with both.
A command that nobody reads any more (\`uplift instance list | head\`) ends without a word.

## Settings

An option stands before an environment variable, that before the file, and that before the default. The file is
\`.config/uplift/config.env\` in the home folder, or what \`UPLIFT_CONFIG_PATH\` names. It has the
[variables](configuration.md) of the same names, one \`NAME=value\` a line; a value with a \`#\` in it stands in quotes:

\`\`\`sh
UPLIFT_API_URL=https://uplift.example.com
UPLIFT_OUTPUT=table
\`\`\`

A file that holds a secret (\`UPLIFT_TOKEN\`, a connection string) must be readable for its owner alone (\`chmod 600\`), else no
command runs. \`uplift login\` keeps a token in a file of its own, for one address.

## Exit codes

| Code | Means |
| --- | --- |
| 0 | done |
| 1 | failed: the upgrade did not end well, the history does not verify, some of many were refused |
| 2 | wrong usage or settings; nothing was sent |
| 3 | refused; the line says why and what is possible instead |
| 4 | timed out; an upgrade that is waited for goes on |
| 5 | unreachable |
| 6 | not allowed |
| 7 | cancelled: somebody stopped the upgrade that is waited for |
| 8 | connection lost, for good, while an upgrade is waited for: it goes on |
| 130 | Ctrl-C while an upgrade is waited for: it goes on |
| 141 | nobody reads the output |

## Completion

\`\`\`sh
source <(uplift completion bash)     # in ~/.bashrc
source <(uplift completion zsh)      # in ~/.zshrc, behind compinit
uplift completion fish | source      # in ~/.config/fish/config.fish
\`\`\`
`;

/** docs/cli.md: every command with its arguments and options. */
export function referencePage(): string {
  const { root } = commandLine();
  const options = root.createHelp().visibleOptions(root);
  return [
    HEAD,
    '## Options of every command',
    '',
    ...optionTable(options),
    '',
    ...root.commands.flatMap((command) => sectionOf(command, '##')),
  ].join('\n');
}

/** A command that has others below it is a chapter. */
function sectionOf(command: Command, level: string): readonly string[] {
  const below = command.commands.filter((each) => each.name() !== 'help');
  const description = inSentence(command.description());
  const name = nameOf(command);
  if (below.length > 0) {
    const heading = [`${level} ${name}`, '', description, ''];
    return [...heading, ...below.flatMap((each) => sectionOf(each, `${level}#`))];
  }
  const usage = command.registeredArguments.map(shownArgument).join(' ');
  const lines = [`${level} ${name}`, '', description, ''];
  if (usage !== '') lines.push(`\`${name} ${usage}\``, '');
  const rows = [...argumentRows(command.registeredArguments), ...optionRows(command.options)];
  return rows.length === 0 ? lines : [...lines, ...tableOf(rows), ''];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function shownArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function argumentRows(args: readonly Argument[]): readonly string[] {
  return args.map((each) => row(shownArgument(each), each.description, choicesOf(each)));
}

function optionTable(options: readonly Option[]): readonly string[] {
  return tableOf(optionRows(options));
}

function optionRows(options: readonly Option[]): readonly string[] {
  return options.map((option) => {
    const { flags, description, mandatory, envVar } = option;
    const defaultValue: unknown = option.defaultValue;
    const notes = [
      mandatory ? 'required' : '',
      choicesOf(option),
      isTold(defaultValue) ? `\`${defaultValue}\` if left out` : '',
      envVar === undefined ? '' : `else \`${envVar}\``,
    ];
    return row(flags, description, notes.filter((note) => note !== '').join('; '));
  });
}

function choicesOf({ argChoices = [] }: Argument | Option): string {
  return argChoices.map((choice) => `\`${choice}\``).join(', ');
}

/** Neither empty nor a switch that is off. */
function isTold(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function tableOf(rows: readonly string[]): readonly string[] {
  return ['| Option | Meaning | Values |', '| --- | --- | --- |', ...rows];
}

function row(name: string, meaning: string, values: string): string {
  return `| \`${name}\` | ${escaped(meaning)} | ${values} |`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

function inSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

import type { OptionWord, Place } from './command-words';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What each shell reads to complete command lines of `uplift`; made of the tree of commands. */
export const COMPLETION_SCRIPTS: Readonly<
  Record<Shell, (places: readonly Place[]) => readonly string[]>
> = { bash: bashScript, zsh: zshScript, fish: fishScript };

function bashScript(places: readonly Place[]): readonly string[] {
  return [
    '# uplift in bash: source <(uplift completion bash)',
    '_uplift() {',
    `  local at='' word words=''`,
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    ...walk(places, { open: '', close: ')' }),
    '  done',
    '  case "$at:${COMP_WORDS[COMP_CWORD-1]}" in',
    ...valueCases(places, ({ choices }) => `words=${quoted(choices.join(' '))}`, ''),
    '    *) case "$at" in',
    ...places.map((place) => `      ${quoted(place.at)}) words=${quoted(wordsAt(place))} ;;`),
    '    esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _uplift uplift',
  ];
}

function zshScript(places: readonly Place[]): readonly string[] {
  return [
    '#compdef uplift',
    '# uplift in zsh: source <(uplift completion zsh)',
    '_uplift() {',
    `  local at='' word`,
    '  local -a found',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    ...walk(places, { open: '(', close: ')' }),
    '  done',
    '  case "$at:${words[CURRENT-1]}" in',
    ...valueCases(places, ({ choices }) => `found=(${choices.map(quoted).join(' ')})`, '('),
    '    (*) case "$at" in',
    ...places.map((place) => `      (${quoted(place.at)}) found=(${describedAt(place)}) ;;`),
    '    esac ;;',
    '  esac',
    '  if (( $#found )); then _describe uplift found || _files; else _files; fi',
    '}',
    'compdef _uplift uplift',
  ];
}

function fishScript(places: readonly Place[]): readonly string[] {
  return [
    '# uplift in fish: uplift completion fish | source',
    'function __uplift_at',
    `    set -l at ''`,
    '    for word in (commandline -opc)[2..-1]',
    `        if contains -- (string trim "$at $word") ${paths(places).map(fishQuoted).join(' ')}`,
    '            set at (string trim "$at $word")',
    '        end',
    '    end',
    '    test "$at" = "$argv[1]"',
    'end',
    ...places.flatMap(fishLines),
  ];
}

/** Finds out in which place the words before the last one end. */
function walk(places: readonly Place[], { open, close }: { open: string; close: string }) {
  return [
    '    case "${at:+$at }$word" in',
    `      ${open}${paths(places).map(quoted).join('|')}${close} at="\${at:+$at }$word" ;;`,
    '    esac',
  ];
}

function paths(places: readonly Place[]): readonly string[] {
  return places.map(({ at }) => at).filter((at) => at !== '');
}

/** Behind an option that takes a value there is nothing but its values. */
function valueCases(
  places: readonly Place[],
  assignment: (option: OptionWord) => string,
  open: '' | '(',
): readonly string[] {
  return places.flatMap(({ at, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const keys = option.flags.map((flag) => quoted(`${at}:${flag}`)).join('|');
        return `    ${open}${keys}) ${option.choices.length > 0 ? assignment(option) : ':'} ;;`;
      }),
  );
}

function wordsAt({ words, options }: Place): string {
  return [...words.map(({ word }) => word), ...options.flatMap(({ flags }) => flags)].join(' ');
}

function describedAt({ words, options }: Place): string {
  const all = [
    ...words,
    ...options.flatMap(({ flags, description }) => flags.map((word) => ({ word, description }))),
  ];
  return all.map(({ word, description }) => quoted(`${word}:${description}`)).join(' ');
}

function fishLines({ at, words, options }: Place): readonly string[] {
  const here = `complete -c uplift -n ${fishQuoted(`__uplift_at ${fishQuoted(at)}`)}`;
  const described = (description: string) => `-d ${fishQuoted(description)}`;
  return [
    ...words.map(({ word, description }) => `${here} -f -a ${word} ${described(description)}`),
    ...options.map(({ flags, description, takesValue, choices }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const values = choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : ' -r';
      return `${here} ${names.join(' ')}${takesValue ? values : ''} ${described(description)}`;
    }),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

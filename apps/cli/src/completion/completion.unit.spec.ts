import { execFileSync } from 'node:child_process';
import { commandLine } from '../program';
import { placesOf } from './command-words';
import { COMPLETION_SCRIPTS, SHELLS } from './completion-scripts';

const places = placesOf(commandLine().root);
const bash = COMPLETION_SCRIPTS.bash(places).join('\n');

/** What bash offers for the last of these words. */
function offered(...words: string[]): readonly string[] {
  const list = ['uplift', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _uplift; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-c', `${bash}\n${ask}`], { encoding: 'utf8' });
  return text.split('\n').filter((word) => word !== '');
}

describe('the completion of a command line', () => {
  it('offers nouns, then verbs, then options', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['instance', 'upgrade', 'audit']));
    expect(offered('up')).toEqual(['upgrade']);
    expect(offered('instance', 'li')).toEqual(['list']);
    expect(offered('instance', 'list', '--reason')).toEqual(['--reason-class']);
    expect(offered('upgrade', 'trigger', 'shop/main', '--wa')).toEqual(['--wave', '--wait']);
  });

  it('offers the values of an option, and nothing else behind it', () => {
    expect(offered('upgrade', 'retry', '--from', '')).toEqual([
      'pre-upgrade',
      'upgrade',
      'poll-upgrade',
      'post-upgrade',
    ]);
    expect(offered('completion', 'z')).toEqual(['zsh']);
    expect(offered('-o', 'js')).toEqual(['json', 'jsonl']);
    expect(offered('-o', 'json', 'instance', 'sh')).toEqual(['show']);
    expect(offered('upgrade', 'trigger', '--reason', '')).toEqual([]);
  });

  it('knows options of the whole command line everywhere', () => {
    expect(offered('instance', 'list', '--out')).toEqual(['--output']);
    expect(offered('instance', 'list', '--output', 'ta')).toEqual(['table']);
  });

  it.each(SHELLS)('has every command and every option for %s', (shell) => {
    const script = COMPLETION_SCRIPTS[shell](places).join('\n');
    for (const { at, options } of places) {
      expect(script).toContain(at);
      for (const { flags } of options) {
        const long = flags.at(-1) ?? '';
        expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
      }
    }
  });
});

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { NamedTest } from './mutant';

/** A run that takes longer for each of its specs hangs. */
const LONGEST_SPEC_MS = 180_000;

export interface TestResult {
  readonly spec: string;
  readonly title: string;
  readonly status: string;
  readonly failures: readonly string[];
}

export type TestRun =
  | { readonly kind: 'run'; readonly results: readonly TestResult[] }
  | { readonly kind: 'broken'; readonly why: string };

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs no other tests than those named, in a folder that holds a repository. */
export class NamedTests {
  private readonly reportFile: string;
  private running: ChildProcess | undefined;

  constructor(private readonly folder: string) {
    this.reportFile = join(folder, '.uplift-mutants.json');
  }

  async run(tests: readonly NamedTest[]): Promise<TestRun> {
    rmSync(this.reportFile, { force: true });
    const paths = [...new Set(tests.map(({ spec }) => `/${escaped(spec)}$`))];
    const names = [...new Set(tests.map(({ name }) => escaped(name)))];
    const jest = spawn(
      process.execPath,
      [
        ...[
          'node_modules/jest/bin/jest.js',
          '--ci',
          '--silent',
          '--json',
          '--coverage=false',
          '--forceExit',
        ],
        ...[`--outputFile=${this.reportFile}`, `--cacheDirectory=${this.folder}/.uplift-jest`],
        '--runInBand',
        ...['--testPathPatterns', ...paths],
        ...['--testNamePattern', `(${names.join('|')})`],
      ],
      {
        cwd: this.folder,
        stdio: 'ignore',
        timeout: paths.length * LONGEST_SPEC_MS,
        killSignal: 'SIGKILL',
      },
    );
    this.running = jest;
    await new Promise((resolve) => jest.once('close', resolve));
    if (jest.signalCode) return { kind: 'broken', why: 'the named test did not come to an end' };
    return this.read();
  }

  /** Ends what runs. */
  stop(): void {
    this.running?.kill('SIGKILL');
  }

  private read(): TestRun {
    const { testResults } = JSON.parse(readFileSync(this.reportFile, 'utf8')) as JestReport;
    const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
    if (broken) return { kind: 'broken', why: `the spec does not load: ${firstLine(broken)}` };
    const results = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, status, failureMessages }) => ({
        spec: relative(this.folder, name).split(sep).join('/'),
        title: fullName,
        status,
        failures: failureMessages,
      })),
    );
    return { kind: 'run', results };
  }
}

export function resultsOf(
  { spec, name }: NamedTest,
  results: readonly TestResult[],
): readonly TestResult[] {
  const isRun = ({ status }: TestResult) => status === 'passed' || status === 'failed';
  return results.filter((each) => each.spec === spec && each.title.includes(name) && isRun(each));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function firstLine({ message }: { readonly message: string }): string {
  return message.split('\n').find((line) => line.trim() !== '' && !line.includes('●')) ?? '';
}

import { readFileSync } from 'node:fs';
import type { SourceMapPayload, SourceMapping } from 'node:module';
import { SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const LINE = '\n    at ';
const NAME_OF_MAP = /^\/\/# sourceMappingURL=(?!data:)(\S+)\s*$/m;

/** Of files that a trace has named; null: the file has none. */
const maps = new Map<string, SourceMap | null>();

/**
 * Stack traces of this process name the sources that were compiled. Node's own way, `--enable-source-maps`, reads and
 * keeps the maps of all files when they are loaded, those of dependencies too; here a map is read when a trace names
 * its file.
 */
export function traceToSources(): void {
  Error.prepareStackTrace = (error, frames) =>
    [Error.prototype.toString.call(error), ...frames.map(lineOf)].join(LINE);
}

type Frame = Pick<NodeJS.CallSite, 'getFileName' | 'getLineNumber' | 'getColumnNumber'> & {
  toString(): string;
};

export function lineOf(frame: Frame): string {
  const line = frame.toString();
  const [file, at, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
  if (file == null || at === null || column === null) return line;
  // Not findOrigin: it counts on from the nearest place that is known, to lines that the source may not have.
  const origin = mapOf(file)?.findEntry(at - 1, column - 1);
  if (origin === undefined || !isFound(origin)) return line;
  const { originalSource, originalLine, originalColumn } = origin;
  const source = resolve(dirname(file), originalSource);
  const place = `${source}:${originalLine + 1}:${originalColumn + 1}`;
  return line.replace(`${file}:${at}:${column}`, () => place);
}

function mapOf(file: string): SourceMap | null {
  const known = maps.get(file);
  if (known !== undefined) return known;
  const map = readMap(file);
  maps.set(file, map);
  return map;
}

/** A trace is written whatever becomes of this. */
function readMap(file: string): SourceMap | null {
  if (!file.startsWith('/') || file.includes('/node_modules/')) return null;
  try {
    const [, name] = NAME_OF_MAP.exec(readFileSync(file, 'utf8')) ?? [];
    if (name === undefined) return null;
    const text = readFileSync(join(dirname(file), name), 'utf8');
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return null;
  }
}

function isFound(origin: SourceMapping | object): origin is SourceMapping {
  return 'originalSource' in origin && typeof origin.originalSource === 'string';
}

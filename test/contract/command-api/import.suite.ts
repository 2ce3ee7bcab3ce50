import type { RunningCommandApi } from './running-command-api';
import { REGISTRATION, registrationOf } from './running-command-api';

const NDJSON = { 'content-type': 'application/x-ndjson' };

interface ImportedLine {
  readonly line: number;
  readonly status: number;
  readonly result?: { readonly instanceId: string; readonly revision: number };
  readonly repeats?: number;
  readonly problem?: { readonly code: string; readonly detail: string };
}

const idOf = (n: number) => `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, '0')}`;
const registrationAt = (n: number) => ({ ...registrationOf(`line-${n}`), instanceId: idOf(n) });
const lineOf = (n: number) => JSON.stringify(registrationAt(n));

export function importSuite(running: () => RunningCommandApi): void {
  describe('import', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    async function importLines(
      lines: readonly string[],
      headers: Readonly<Record<string, string>> = {},
    ): Promise<readonly ImportedLine[]> {
      const response = await fetch(`${api.url}/v1/instances/import`, {
        method: 'POST',
        headers: { ...NDJSON, ...headers },
        body: lines.join('\n'),
      });
      expect(response.headers.get('content-type')).toContain('application/x-ndjson');
      const text = (await response.text()).trim();
      return text.split('\n').map((line) => JSON.parse(line) as ImportedLine);
    }

    it('registers one instance per line, answers in order and goes on after a bad line', async () => {
      const answers = await importLines([
        lineOf(1),
        'no json',
        '',
        JSON.stringify(REGISTRATION),
        JSON.stringify({ ...REGISTRATION, instanceId: idOf(2), app: 'x'.repeat(110 * 1024) }),
        lineOf(3),
      ]);

      expect(answers.map(({ line, status, problem }) => [line, status, problem?.code])).toEqual([
        [1, 202, undefined],
        [2, 400, 'malformed-json'],
        [4, 400, 'invalid-input'],
        [5, 413, 'body-too-large'],
        [6, 202, undefined],
      ]);
      expect(await api.eventsOf(idOf(1))).toHaveLength(1);
      expect(await api.eventsOf(idOf(2))).toHaveLength(0);
      expect(await api.eventsOf(idOf(3))).toHaveLength(1);
    });

    it('may be sent again: the same lines are the same instances', async () => {
      const lines = Array.from({ length: 300 }, (_, n) => lineOf(1_000 + n));

      const first = await importLines(lines);
      const before = await api.lastPosition();
      const again = await importLines(lines);

      expect(first.every(({ status }) => status === 202)).toBe(true);
      expect(again).toEqual(first.map((answer) => ({ ...answer, status: 200 })));
      expect(await api.lastPosition()).toBe(before);
    });

    it('refuses a line that says something else of a registered instance', async () => {
      await importLines([lineOf(5)]);

      const changed = JSON.stringify({ ...registrationAt(5), app: 'another' });
      const [answer] = await importLines([changed]);

      expect(answer).toMatchObject({
        status: 409,
        problem: { code: 'instance-already-registered' },
      });
    });

    it('under a key repeats its lines, and refuses another line for the same instance', async () => {
      const key = { 'idempotency-key': 'import-of-monday' };
      const [first] = await importLines([lineOf(6)], key);
      const changed = JSON.stringify({ ...registrationAt(6), app: 'another' });

      const [again, other] = await importLines([lineOf(6), changed], key);

      expect(again).toEqual({ ...first, status: 200 });
      expect(other).toMatchObject({ status: 422, problem: { code: 'idempotency-key-reused' } });
      expect(await api.eventsOf(idOf(6))).toHaveLength(1);
    });

    it('takes no key that cannot be one', async () => {
      const { status, body } = await api.post('/v1/instances/import', {
        body: lineOf(7),
        headers: { ...NDJSON, 'idempotency-key': 'two words' },
      });

      expect({ status, code: body.code }).toEqual({ status: 400, code: 'idempotency-key-invalid' });
      expect(await api.eventsOf(idOf(7))).toHaveLength(0);
    });

    it.each([
      ['JSON', 'application/json', JSON.stringify(REGISTRATION)],
      ['lines that are sent as JSON', 'application/json', `${lineOf(8)}\n${lineOf(9)}`],
      ['much that is sent as a form', 'application/x-www-form-urlencoded', 'x'.repeat(200 * 1_024)],
    ])('takes lines only, and says so of %s', async (_what, type, body) => {
      const headers = { 'content-type': type };
      const answer = await api.post('/v1/instances/import', { body, headers });

      expect(answer).toMatchObject({
        status: 415,
        body: {
          code: 'unsupported-media-type',
          detail: `The content type is ${type}: send the lines as application/x-ndjson, one JSON object per line`,
        },
      });
      expect(await api.eventsOf(idOf(8))).toHaveLength(0);
    });

    it('says that it has no line, whether it has no body or blanks alone', async () => {
      const detail = 'The import has no line: send one JSON object per line, one for each instance';
      const empty = await api.post('/v1/instances/import', { body: '', headers: NDJSON });
      const [blank, ...more] = await importLines(['', '  ', '']);

      expect(empty).toMatchObject({ status: 400, body: { code: 'malformed-json', detail } });
      expect(blank).toMatchObject({ line: 1, status: 400, problem: { detail } });
      expect(more).toEqual([]);
    });

    it('says what a line lacks, and why', async () => {
      const [answer] = await importLines([JSON.stringify(registrationOf('line-without'))]);

      expect(answer?.problem).toMatchObject({
        code: 'invalid-input',
        detail:
          '/instanceId is required: each line names its instance, so that it may be sent again',
      });
    });

    it('says which earlier line a line repeats, done again or refused', async () => {
      const changed = JSON.stringify({ ...registrationAt(10), app: 'another' });
      const lines = [lineOf(10), lineOf(11), lineOf(10), changed];

      const answers = await importLines(lines);
      const [other] = await importLines([changed]);

      expect(answers.map(({ line, status, repeats }) => [line, status, repeats])).toEqual([
        [1, 202, undefined],
        [2, 202, undefined],
        [3, 200, 1],
        [4, 409, 3],
      ]);
      expect(answers[3]?.problem?.detail).toBe(
        'Line 3 of this import names the same instance with other content: leave one of the two out',
      );
      expect(other?.problem?.detail).not.toContain('Line');
    });
  });
}

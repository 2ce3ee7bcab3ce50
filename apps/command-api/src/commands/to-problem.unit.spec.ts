import { isProblemCode, ProblemError, PROBLEMS } from '@uplift/contracts';
import * as domain from '@uplift/domain';
import type { StoredEvent } from '@uplift/contracts';
import {
  EventStoreRefusedError,
  EventStoreUnavailableError,
  EventTooLargeError,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toProblem } from './to-problem';

const page = readFileSync(join(__dirname, '../../../../docs/problems.md'), 'utf8');

const EVENT = { id: 'e', stream: 's', revision: 1 } as StoredEvent;

type ErrorClass = new (...texts: unknown[]) => domain.DomainError;

function isErrorClass(value: unknown): value is ErrorClass {
  return (
    typeof value === 'function' &&
    value !== domain.DomainError &&
    value.prototype instanceof domain.DomainError
  );
}

const domainErrors = Object.values(domain as Readonly<Record<string, unknown>>).filter(
  isErrorClass,
);

describe('the table of problems', () => {
  it.each(domainErrors.map((type) => [type.name, type] as const))('has a row for %s', (_, type) => {
    const { code } = new type('one', ['two'], ['three']);

    expect(isProblemCode(code)).toBe(true);
    expect(toProblem(new type('one', ['two'], ['three'])).type).toBe(`/problems#${code}`);
  });

  it.each(Object.keys(PROBLEMS))('is explained in docs/problems.md: %s', (code) => {
    expect(page).toContain(`\n## ${code}\n`);
  });

  it('has titles that fit a bus header', () => {
    for (const { title } of Object.values(PROBLEMS)) expect(title).toMatch(/^[\x20-\x7e]{1,200}$/);
  });
});

describe('toProblem', () => {
  it('shows nothing of an error it does not know', () => {
    expect(toProblem(new Error('password=secret'))).toMatchObject({
      status: 500,
      code: 'internal-error',
      detail: expect.stringMatching(/^The cause is in the log of the service\./) as string,
    });
  });

  it('keeps a problem as it is', () => {
    const { problem } = new ProblemError(toProblem(new EventTooLargeError('A', 9, 8)));

    expect(toProblem(new ProblemError(problem))).toBe(problem);
    expect(problem.status).toBe(413);
  });

  it.each([
    [new StreamGoneError('s', 'deleted'), 410, 'stream-gone'],
    [
      new UnreadableHistoryError(EVENT, { reason: 'illegal-step', detail: 'd' }),
      409,
      'unreadable-history',
    ],
  ])('says for good what a history has lost: %s', (error, status, code) => {
    expect(toProblem(error)).toMatchObject({ status, code, retryable: false });
  });

  it('says that the service lacks a right in the store, and not whose or which', () => {
    const refusal = { user: 'api', right: 'append', isUnknown: false };
    const { code, detail } = toProblem(new EventStoreRefusedError(refusal));
    expect([code, detail]).toEqual([
      'event-store-unavailable',
      expect.stringContaining('somebody has to grant it'),
    ]);
    expect(detail).not.toMatch(/append|user/);
  });

  it('never calls an unknown outcome a refusal', () => {
    expect(toProblem(new EventStoreUnavailableError('gone'))).toMatchObject({
      status: 503,
      retryable: true,
    });
  });
});

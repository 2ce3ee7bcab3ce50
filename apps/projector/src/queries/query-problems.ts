import type { ProblemDetails } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';

type FieldErrors = NonNullable<ProblemDetails['errors']>;

/** Everything a query can be refused with. */
export const QUERY_PROBLEMS = {
  invalid: (errors: FieldErrors) =>
    problem(400, 'invalid-query', 'Invalid query', {
      detail: errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '),
      errors,
    }),
  instanceNotFound: (instanceId: string) =>
    problem(404, 'instance-not-found', 'Instance not found', {
      detail: `No instance ${instanceId} is known. If it was registered just now, ask with minPosition.`,
      instanceId,
    }),
  upgradeNotFound: (upgradeId: string) =>
    problem(404, 'upgrade-not-found', 'Upgrade not found', {
      detail: `No upgrade ${upgradeId} is known. If it was requested just now, ask with minPosition.`,
    }),
  behind: (detail: string) =>
    problem(409, 'read-model-behind', 'Read model behind', { detail, retryable: true }),
  unavailable: (cause?: unknown) =>
    problem(
      503,
      'read-model-unavailable',
      'Read model unavailable',
      { detail: 'The read model cannot be read right now. Ask again.', retryable: true },
      { cause },
    ),
};

function problem(
  status: number,
  code: string,
  title: string,
  ...[rest, options]: [Pick<ProblemDetails, 'detail'> & Partial<ProblemDetails>, ErrorOptions?]
): ProblemError {
  const type = `/problems#${code}`;
  return new ProblemError({ type, title, status, code, ...rest }, options);
}

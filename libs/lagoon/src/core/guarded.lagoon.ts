import type { CallAnswer } from '../lagoon.outcomes';
import type { Lagoon, LagoonOperation, OperationKind } from '../lagoon.port';
import { OPERATIONS } from '../lagoon.port';
import { ENVIRONMENTS_PER_REQUEST, slicesOf } from '../lagoon.requests';
import type { EnvironmentTarget, LagoonDeployment } from '../lagoon.types';
import type { EnvironmentAnswer } from './batched-environments';
import { BatchedEnvironments } from './batched-environments';
import type { ResiliencePolicy } from './resilience-policy';

/** One use of an operation: its inputs, which are never undefined, and the signal behind them. */
interface Request {
  readonly operation: LagoonOperation;
  readonly inputs: readonly unknown[];
  readonly signal?: AbortSignal | undefined;
}

type Guards = Readonly<Record<OperationKind, (request: Request) => Promise<unknown>>>;

/**
 * The Lagoon of one core behind its resilience policy, each operation guarded as OPERATIONS says. Reads may be
 * repeated and throw LagoonCircuitOpenError while the core is away; calls are then refused `not-sent`.
 */
export function guardedLagoon(lagoon: Lagoon, policy: ResiliencePolicy): Lagoon {
  const guards = guardsOf(lagoon, policy);
  const guarded = new Map<string | symbol, (...args: unknown[]) => Promise<unknown>>();
  for (const operation of Object.keys(OPERATIONS) as LagoonOperation[]) {
    const guard = guards[OPERATIONS[operation]];
    guarded.set(operation, (...args) => guard(requestOf(operation, args)));
  }
  const get = (_: Lagoon, name: string | symbol): unknown =>
    guarded.get(name) ?? Reflect.get(lagoon, name);
  return new Proxy(lagoon, { get });
}

function guardsOf(lagoon: Lagoon, policy: ResiliencePolicy): Guards {
  const sending = <T>({ operation, inputs }: Request) => {
    const send = lagoon[operation].bind(lagoon) as (...args: unknown[]) => Promise<T>;
    return (signal: AbortSignal) => send(...inputs, signal);
  };
  const read = <T>(request: Request) =>
    policy.read(request.operation, request.signal, sending<T>(request));
  const slices = async <T>(request: Request) => {
    const answers: T[] = [];
    for (const slice of slicesOf(request.inputs[0] as unknown[], ENVIRONMENTS_PER_REQUEST)) {
      answers.push(await read<T>({ ...request, inputs: [slice] }));
    }
    return answers;
  };
  const batched = new BatchedEnvironments(
    async (targets) =>
      targets.length === 1
        ? [await read<EnvironmentAnswer>({ operation: 'findEnvironment', inputs: targets })]
        : await read<EnvironmentAnswer[]>({ operation: 'findEnvironments', inputs: [targets] }),
    policy.clock,
  );
  return {
    read,
    'sliced-list': async (request) => (await slices<unknown[]>(request)).flat(),
    'sliced-map': async (request) => joined(await slices<DeploymentsByEnvironment>(request)),
    'batched-read': ({ inputs, signal }) => batched.find(inputs[0] as EnvironmentTarget, signal),
    call: (request) => policy.call(request.operation, request.signal, sending<CallAnswer>(request)),
  };
}

function requestOf(operation: LagoonOperation, args: readonly unknown[]): Request {
  const signal = args.find((argument) => argument instanceof AbortSignal);
  const inputs = args.filter((argument) => argument !== undefined && argument !== signal);
  return { operation, inputs, signal };
}

type DeploymentsByEnvironment = Map<number, LagoonDeployment[]>;

function joined(parts: readonly DeploymentsByEnvironment[]): DeploymentsByEnvironment {
  const all: DeploymentsByEnvironment = new Map();
  for (const [id, rows] of parts.flatMap((part) => [...part])) {
    all.set(id, [...(all.get(id) ?? []), ...rows]);
  }
  return all;
}

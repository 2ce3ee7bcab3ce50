import { COMMAND_SUBJECTS, isProblemDetails, ProblemError } from '@uplift/contracts';
import type { RunningCommandApi } from './running-command-api';

type Json = Readonly<Record<string, unknown>>;

export interface Outcome {
  readonly accepted: boolean;
  /** The answer, or the problem document. */
  readonly document: Json;
}

/** A command as each transport takes it. */
export interface TwoTransportCommand {
  readonly key: string;
  readonly http: { readonly path: string; readonly body: object };
  readonly bus: { readonly subject: string; readonly body: object };
}

export function registerAt(key: string, body: object): TwoTransportCommand {
  return {
    key,
    http: { path: '/v1/instances', body },
    bus: { subject: COMMAND_SUBJECTS.registerInstance, body },
  };
}

export function triggerAt(key: string, instanceId: string, body: object): TwoTransportCommand {
  return {
    key,
    http: { path: `/v1/instances/${instanceId}/upgrades`, body },
    bus: { subject: COMMAND_SUBJECTS.triggerUpgrade, body: { ...body, instanceId } },
  };
}

export function cancelAt(
  key: string,
  upgrade: { readonly instanceId: string; readonly upgradeId: string },
  body: object = { reason: 'wrong version' },
): TwoTransportCommand {
  const { instanceId, upgradeId } = upgrade;
  return {
    key,
    http: { path: `/v1/instances/${instanceId}/upgrades/${upgradeId}/cancel`, body },
    bus: { subject: COMMAND_SUBJECTS.cancelUpgrade, body: { ...body, instanceId, upgradeId } },
  };
}

export async function overHttp(
  api: RunningCommandApi,
  { key, http }: TwoTransportCommand,
): Promise<Outcome> {
  const { status, body } = await api.post(http.path, { key, body: http.body });
  return { accepted: status < 400, document: body };
}

export async function overBus(
  api: RunningCommandApi,
  { key, bus }: TwoTransportCommand,
): Promise<Outcome> {
  try {
    const options = { idempotencyKey: key, timeoutMs: 60_000 };
    const answer = await api.bus.request(bus.subject, bus.body, options);
    return { accepted: true, document: answer as Json };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { accepted: false, document: { ...error.problem } };
  }
}

/** The one problem that both transports answer with; fails if one accepts, or in other words. */
export async function refusedByBoth(
  api: RunningCommandApi,
  command: TwoTransportCommand,
): Promise<Json> {
  const outcomes = await Promise.all([overHttp(api, command), overBus(api, command)]);
  const [http, bus] = outcomes;
  expect({ command, outcomes: outcomes.map(({ accepted }) => accepted) }).toEqual({
    command,
    outcomes: [false, false],
  });
  expect(bus.document).toEqual(http.document);
  expect(isProblemDetails(http.document)).toBe(true);
  return http.document;
}

import { fold } from '../decider';
import { EXAMPLE_ENVIRONMENT_DATA } from '../testing/system-examples';
import type { EnvironmentEvent, Holder } from './environment';
import { environmentDecider, environmentKey, EnvironmentTakenError } from './environment';

const { EnvironmentReserved: data } = EXAMPLE_ENVIRONMENT_DATA;
const OTHER = { instanceId: '0b1c6c0e-0000-4000-8000-00000000000b', registration: 0 };
const RESERVED = { type: 'EnvironmentReserved', data } as const;
const FREED = {
  type: 'EnvironmentFreed',
  data: EXAMPLE_ENVIRONMENT_DATA.EnvironmentFreed,
} as const;

const after = (...events: readonly EnvironmentEvent[]) => fold(environmentDecider, events);
const reserving = (holder: Partial<Holder> = {}, ended: Holder | null = null) =>
  ({ type: 'ReserveEnvironment', data: { ...data, ...holder, ended } }) as const;
const freeing = (holder: Partial<Holder> = {}) =>
  ({ type: 'FreeEnvironment', data: { ...FREED.data, ...holder } }) as const;
const { decide } = environmentDecider;

describe('ReserveEnvironment', () => {
  it('takes an environment that nobody has, or has any more', () => {
    expect(decide(reserving(), after())).toEqual([RESERVED]);
    expect(decide(reserving(OTHER), after(RESERVED, FREED))).toEqual([
      { type: 'EnvironmentReserved', data: { ...data, ...OTHER } },
    ]);
  });

  it('is quiet when it was reserved for the same registration', () => {
    expect(decide(reserving(), after(RESERVED))).toEqual([]);
  });

  it('is refused with the instance that has it', () => {
    const second = () => decide(reserving(OTHER), after(RESERVED));
    expect(second).toThrow(EnvironmentTakenError);
    expect(second).toThrow(data.instanceId);
  });

  it('is refused for a later registration of the same instance, while the earlier one holds', () => {
    expect(() => decide(reserving({ registration: 7 }), after(RESERVED))).toThrow(
      EnvironmentTakenError,
    );
  });

  it('takes it from a holder that is over, and from that one only', () => {
    const ended = { instanceId: data.instanceId, registration: data.registration };
    expect(decide(reserving(OTHER, ended), after(RESERVED)).map(({ type }) => type)).toEqual([
      'EnvironmentFreed',
      'EnvironmentReserved',
    ]);
    const again = after(RESERVED, FREED, { ...RESERVED, data: { ...data, registration: 3 } });
    expect(() => decide(reserving(OTHER, ended), again)).toThrow(EnvironmentTakenError);
  });
});

describe('FreeEnvironment', () => {
  it('lets go of the registration that it names', () => {
    expect(decide(freeing(), after(RESERVED))).toEqual([FREED]);
  });

  it.each([
    ['nobody has it', []],
    ['another instance has it', [{ ...RESERVED, data: { ...data, ...OTHER } }]],
    ['the instance was registered again', [{ ...RESERVED, data: { ...data, registration: 3 } }]],
  ])('is quiet when %s', (_what, events) => {
    expect(decide(freeing(), after(...events))).toEqual([]);
  });
});

describe('an environment', () => {
  const name = { core: 'eu-1', project: 'shop', environment: 'feature/x' };

  it('is the same under every spelling that Lagoon builds in one namespace', () => {
    const other = { ...name, project: 'Shop', environment: 'Feature-X' };
    expect(environmentKey(other)).toBe(environmentKey(name));
  });

  it.each([{ core: 'us-1' }, { project: 'shop-2' }, { environment: 'feature/y' }])(
    'is another one with %j',
    (change) => {
      expect(environmentKey({ ...name, ...change })).not.toBe(environmentKey(name));
    },
  );
});

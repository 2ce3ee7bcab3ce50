import 'reflect-metadata';
import type { ProblemDetails } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import * as fc from 'fast-check';
import { RegisterInstanceDto, ReportHealthOfInstanceDto } from '../instances/instances.dto';
import {
  ReasonOfUpgradeDto,
  TriggerUpgradeDto,
  TriggerUpgradeOfInstanceDto,
} from '../upgrades/upgrades.dto';
import type { DtoType } from './read-dto';
import { readDto } from './read-dto';

const VALID = {
  project: 'shop',
  environment: 'main',
  app: 'Store App',
  status: 'running-healthy-claimed',
};

function problemOf(value: unknown, type: DtoType<object>): ProblemDetails | null {
  try {
    readDto(type, value);
    return null;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.problem.status).toBe(400);
    return error.problem;
  }
}

function faultsOf(value: unknown, type: DtoType<object> = RegisterInstanceDto): readonly string[] {
  return (problemOf(value, type)?.errors ?? []).map(({ pointer }) => pointer);
}

describe('readDto', () => {
  it('takes the least and the most that can be registered', () => {
    expect(faultsOf(VALID)).toEqual([]);
    expect(
      faultsOf({
        ...VALID,
        instanceId: '11111111-1111-4111-8111-111111111111',
        projectId: 7,
        core: 'eu',
        labels: { team: 'shop', 'a.b/c-d': '' },
        scripts: { preUpgrade: { service: 'cli', command: 'drush updb\ndrush cr' } },
        healthProbe: { path: '/health?x=1', acceptStatuses: [302] },
        upgrade: { strategy: 'script', target: { script: { registeredTask: 'Clear caches' } } },
      }),
    ).toEqual([]);
  });

  it.each([
    { kind: 'none' },
    { kind: 'lagoon' },
    { kind: 'task', script: { registeredTask: 'Self-test' } },
    { kind: 'task', script: { service: 'cli', command: 'true' } },
  ])('takes the health probe %j', (healthProbe) => {
    expect(faultsOf({ ...VALID, healthProbe })).toEqual([]);
  });

  it.each([
    [
      'an unknown way to prove health',
      { ...VALID, healthProbe: { kind: 'x' } },
      '/healthProbe/kind',
    ],
    [
      'half a script',
      { ...VALID, healthProbe: { script: { service: 'a' } } },
      '/healthProbe/script',
    ],
    ['a missing field', { ...VALID, project: undefined }, '/project'],
    ['null', { ...VALID, core: null }, '/core'],
    ['a number for a text', { ...VALID, app: 5 }, '/app'],
    ['an array for a text', { ...VALID, project: ['shop'] }, '/project'],
    ['a text for a number', { ...VALID, projectId: '7' }, '/projectId'],
    ['an unknown field', { ...VALID, secret: 1 }, '/secret'],
    ['an unknown field inside', { ...VALID, healthProbe: { x: 1 } }, '/healthProbe/x'],
    ['a text for an object', { ...VALID, scripts: 'run' }, '/scripts'],
    ['a list for an object', { ...VALID, scripts: [] }, '/scripts'],
    [
      'a bad element',
      { ...VALID, healthProbe: { acceptStatuses: ['302'] } },
      '/healthProbe/acceptStatuses',
    ],
    ['an unknown status', { ...VALID, status: 'fine' }, '/status'],
    ['a megabyte of text', { ...VALID, app: 'x'.repeat(1_000_000) }, '/app'],
    ['a line break', { ...VALID, app: 'a\nb' }, '/app'],
    ['labels that are no texts', { ...VALID, labels: { a: 1 } }, '/labels'],
    ['a reserved key', JSON.parse('{"__proto__":{"project":"x"}}'), '/__proto__'],
    ['a reserved key inside', JSON.parse('{"labels":{"constructor":"x"}}'), '/labels/constructor'],
    ['no object', 'text', ''],
    ['a list', [VALID], ''],
    ['nothing', undefined, ''],
  ])('points at %s', (_what, value: unknown, pointer) => {
    expect(faultsOf(value)).toContain(pointer);
  });

  it.each([
    ['a target with nothing in it', { target: {} }, '/target'],
    ['a target with two members', { target: { ref: 'v1', sourceEnvironment: 'x' } }, '/target'],
    ['a list for a target', { target: [{ ref: 'v1' }] }, '/target'],
    ['a list in the list of variables', { target: { variables: [[]] } }, '/target/variables'],
    ['a text in the list of variables', { target: { variables: ['A=1'] } }, '/target/variables'],
    ['null in the list of variables', { target: { variables: [null] } }, '/target/variables'],
    [
      'the second variable',
      {
        target: {
          variables: [
            { name: 'A', value: '' },
            { name: 'B', value: 1 },
          ],
        },
      },
      '/target/variables/1/value',
    ],
    ['half a script', { target: { script: { command: 'x' } } }, '/target/script'],
    [
      'an unknown member of a script',
      { target: { script: { registeredTask: 'x', args: {} } } },
      '/target/script/args',
    ],
  ])('points at %s', (_what, value, pointer) => {
    expect(faultsOf(value, TriggerUpgradeDto)).toContain(pointer);
  });

  it('says which forms a script may have', () => {
    const half = { target: { script: { service: 'cli' } } };

    expect(problemOf(half, TriggerUpgradeDto)?.errors).toEqual([
      {
        pointer: '/target/script',
        detail: 'must have exactly one of: service and command, registeredTask',
      },
    ]);
  });

  it('refuses nesting before it recurses into it', () => {
    const deep = JSON.parse('{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000)) as unknown;

    const read = () => readDto(TriggerUpgradeDto, deep);

    expect(read).toThrow(ProblemError);
    expect(read).toThrow('nested too deeply');
  });

  it.each([
    RegisterInstanceDto,
    TriggerUpgradeOfInstanceDto,
    ReportHealthOfInstanceDto,
    ReasonOfUpgradeDto,
  ])('answers any JSON with a DTO or a problem: %p', (type) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          readDto<object>(type, value);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

import { HEALTHY_STATUSES } from '@uplift/domain';
import fc from 'fast-check';

export const text = fc.string();
export const name = fc.string({ minLength: 1 });
export const count = fc.integer({ min: 1 });
export const timestamp = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-01-01') })
  .map((date) => date.toISOString());
export const healthyStatus = fc.constantFrom(...HEALTHY_STATUSES);

export const nullable = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

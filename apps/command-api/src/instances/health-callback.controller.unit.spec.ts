import { HealthCallbackToken } from './health-callback.controller';

describe('HealthCallbackToken', () => {
  it('lets everybody in when none is set', () => {
    const token = new HealthCallbackToken(undefined);

    expect(token.isOpen).toBe(true);
    expect(() => token.check(undefined)).not.toThrow();
  });

  it.each([undefined, '', 'other', ['right', 'right']])('refuses %p', (given) => {
    const check = () => new HealthCallbackToken('right').check(given);

    expect(check).toThrow('The health callback token is wrong');
  });

  it('takes the right one', () => {
    expect(() => new HealthCallbackToken('right').check('right')).not.toThrow();
  });
});

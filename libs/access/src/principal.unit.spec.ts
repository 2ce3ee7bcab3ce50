import { ANYBODY, identify, knownPrincipalOf } from './principal';

describe('who sends a request', () => {
  it('is whom the guard has found, and nobody where it has not looked', () => {
    const [known, unknown] = [{}, {}];
    identify(known, ANYBODY.http);
    expect(knownPrincipalOf(known)).toBe(ANYBODY.http);
    expect(() => knownPrincipalOf(unknown)).toThrow('Nobody has found out');
  });
});

import { stackArguments } from './stack-options';

describe('what a stack is started with', () => {
  it('is everything that is there', () => {
    expect(stackArguments([])).toMatchObject({
      infrastructure: ['eventstore', 'nats', 'postgres', 'lagoon'],
      services: expect.arrayContaining(['relay', 'command-api', 'watchdog']) as string[],
      watch: false,
    });
  });

  it('is what was named, in the order in which it starts, or nothing', () => {
    const args = ['--infrastructure', 'postgres,nats', '--services', 'none', '--dir', '/tmp/it'];
    expect(stackArguments(args)).toMatchObject({
      ...{ infrastructure: ['nats', 'postgres'], services: [], dir: '/tmp/it' },
    });
  });

  it.each(['--infrastructure', '--services'])('is no unknown name in %s', (option) => {
    expect(() => stackArguments([option, 'relays'])).toThrow(
      /^--\w+ wants some of .*not "relays"$/,
    );
  });
});

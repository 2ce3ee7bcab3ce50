import { nameInClaims, readableName } from './readable-name';

describe('the name of a person', () => {
  it.each([
    ['Jane Doe', 'Jane Doe'],
    ['  Jane \t Doe\r\n', 'Jane Doe'],
    ['Jane\u0000\u001b[31m Doe', 'Jane [31m Doe'],
    ['Jane\u202eeoD', 'Jane eoD'],
    ['Jane\u2028Doe', 'Jane Doe'],
    ['Jane\ud800', 'Jane'],
    ['jane.doe@example.com', 'jane.doe@example.com'],
    ['نرگس\u200cی', 'نرگس\u200cی'],
    ['Jo\u0308rg', 'Jörg'],
    ['👩‍💻 Ada', '👩‍💻 Ada'],
    ['<script>', '<script>'],
  ])('is one line: %j', (given, name) => {
    expect(readableName(given)).toBe(name);
  });

  it.each([
    [''],
    [' \n\t'],
    ['\u200b\u200d'],
    ['\u0000'],
    [7],
    [null],
    [{}],
    [['Jane']],
    [undefined],
  ])('is none: %j', (given) => expect(readableName(given)).toBeUndefined());

  it('is cut between characters, however long it is given', () => {
    const name = readableName('👋'.repeat(100_000)) ?? '';
    expect([...name]).toHaveLength(200);
    expect(name).toBe('👋'.repeat(200));
    expect(readableName('x'.repeat(100_000))).toHaveLength(200);
  });

  it('is the first that a claim of a token has', () => {
    const email = 'jane@example.com';
    expect(nameInClaims({ name: 'Jane', preferred_username: 'jd', email })).toBe('Jane');
    expect(nameInClaims({ name: ' ', preferred_username: 'jd', email })).toBe('jd');
    expect(nameInClaims({ name: 7, preferred_username: null, email })).toBe(email);
    expect(nameInClaims({ sub: 'user-7' })).toBeUndefined();
  });
});

import { accountsFile, newUserKey, userKeyOf } from './bus-accounts';

const permissions = { publish: [], subscribe: ['$SRV.PING'], answers: true };

it('denies who may publish nothing everything: an empty list would allow it', () => {
  const file = accountsFile('UPLIFT', [{ name: 'projector', publicKeys: ['UKEY'], permissions }]);
  expect(file).toContain('publish: { deny: ">" }');
  expect(file).toContain('subscribe: { allow: ["$SRV.PING"] }');
  expect(file).toContain('allow_responses: { max: 1, expires: "2m" }');
});

it('gives a user all its keys, each with the same rights', () => {
  const publicKeys = ['UONE', 'UTWO'];
  const file = accountsFile('UPLIFT', [{ name: 'projector', publicKeys, permissions }]);
  for (const key of publicKeys) expect(file).toContain(`nkey: ${key}`);
  expect(file.split('deny: ">"')).toHaveLength(3);
});

it('quotes a name, which the server would take for something else', () => {
  const user = { name: 'true', publicKeys: [], password: '0', permissions };
  expect(accountsFile('UPLIFT', [user])).toContain('user: "true", password: "0"');
});

it('knows the public half of a seed, and no other kind of key', () => {
  const { seed, publicKey } = newUserKey();
  expect(publicKey).toMatch(/^U[A-Z2-7]{55}$/);
  expect(userKeyOf(`${seed}\n`).publicKey).toBe(publicKey);
  expect(() => userKeyOf('no seed')).toThrow();
});

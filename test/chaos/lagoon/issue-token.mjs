import { randomBytes, randomUUID } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';

// Prints a token that the simulated Lagoon accepts from now on, as long as the folder's `life` says in ms.
const [, , control, folder] = process.argv;
const lifeMs = Number(await readFile(join(folder, 'life'), 'utf8'));
const issuedAt = Date.now() / 1000;
const claims = { jti: randomUUID(), iat: issuedAt, exp: issuedAt + lifeMs / 1000 };
const part = (content) => Buffer.from(JSON.stringify(content)).toString('base64url');
const signature = randomBytes(32).toString('base64url');
const token = [part({ alg: 'none', typ: 'JWT' }), part(claims), signature].join('.');

const rule = { token, validMs: lifeMs };
const answer = await fetch(`${control}/tokens`, { method: 'POST', body: JSON.stringify([rule]) });
if (!answer.ok) throw new Error('the simulator does not accept the token');
await appendFile(join(folder, 'issued'), `${process.ppid} ${token}\n`);
process.stdout.write(`${token}\n`);

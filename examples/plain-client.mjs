// Triggers an upgrade, and asks how far it is, with the package `nats` and nothing else.
// Usage: node plain-client.mjs <instance id> <idempotency key>
import { connect, headers } from 'nats';

const [instanceId, key] = process.argv.slice(2);
// nats://user:password@host:port; this client takes the three apart.
const address = new URL(process.env.UPLIFT_NATS_URL ?? 'nats://127.0.0.1:4222');
const { host: servers, username: user, password: pass } = address;
const nats = await connect({ servers, user, pass });

/** One request. What is refused is an error with the problem document as its cause. */
async function ask(subject, body, idempotencyKey) {
  const sent = headers();
  if (idempotencyKey !== undefined) sent.set('Idempotency-Key', idempotencyKey);
  const reply = await nats.request(subject, JSON.stringify(body), {
    headers: sent,
    timeout: 5_000,
  });
  const answer = reply.json();
  if (reply.headers?.has('Nats-Service-Error-Code')) {
    throw new Error(`${answer.detail} [${answer.code}]`, { cause: answer });
  }
  return answer;
}

// No answer in time? Send it again with the same key: it changes nothing twice, and gets the first answer.
const trigger = { instanceId, reason: 'security release' };
const { upgradeId, position } = await ask('uplift.cmd.v1.upgrade.trigger', trigger, key);

// With the position of the command the answer includes it.
const query = { upgradeId, minPosition: position };
const { upgrade } = await ask('uplift.qry.v1.upgrade.get', query);
console.log(JSON.stringify({ upgradeId, outcome: upgrade.outcome, stage: upgrade.stage }));

await nats.close();

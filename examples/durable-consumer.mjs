// Follows upgrades with a durable consumer: what comes while this program is away waits for it.
// Ends with the next upgrade that has ended; started again, it goes on behind that.
// Usage: node durable-consumer.mjs <name of the consumer> [<instance id>]
import { AckPolicy, connect } from 'nats';

const [durable, instanceId = '*'] = process.argv.slice(2);
const ENDS = [
  ...['InstanceVerifiedHealthy', 'UpgradeCancelled', 'UpgradeExpired', 'PreUpgradeFailed'],
  ...['UpgradeFailed', 'PostUpgradeFailed', 'InstanceFoundUnhealthy', 'InstanceFoundUnresponsive'],
];

// nats://user:password@host:port; this client takes the three apart.
const address = new URL(process.env.UPLIFT_NATS_URL ?? 'nats://127.0.0.1:4222');
const { host: servers, username: user, password: pass } = address;
const nats = await connect({ servers, user, pass });
// In production an operator makes it once, see docs/bus-users.md. One that is there already stays as it is.
const manager = await nats.jetstreamManager();
await manager.consumers.add('UPLIFT_EVENTS', {
  durable_name: durable,
  ack_policy: AckPolicy.Explicit,
  filter_subject: `uplift.evt.v1.instance.*.${instanceId}`,
});

const consumer = await nats.jetstream().consumers.get('UPLIFT_EVENTS', durable);
let type = '';
while (!ENDS.includes(type)) {
  // One at a time, so that nothing is in hand when this ends; null where none came for half a minute.
  const message = await consumer.next({ expires: 30_000 });
  if (message === null) continue;
  type = message.headers.get('Uplift-Event-Type');
  // A message may come twice, with the same id: keep the last ids, or do only what may be done twice.
  const id = message.headers.get('ce-id');
  console.log(JSON.stringify({ id, type, instanceId: message.subject.split('.').at(-1) }));
  // Only when its work is done: until then the message comes again.
  await message.ackAck();
}
await nats.close();

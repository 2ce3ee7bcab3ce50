// Triggers an upgrade from a Nest application: ClientProxy, with the idempotency key in a header.
// In a module the proxy comes from ClientsModule.register([{ name, transport, options }]).
// Usage: node nest-client.mjs <instance id> <idempotency key>
import { ClientProxyFactory, NatsRecordBuilder, Transport } from '@nestjs/microservices';
import { headers } from 'nats';
import { firstValueFrom, timeout } from 'rxjs';

const [instanceId, key] = process.argv.slice(2);
// nats://user:password@host:port; the client takes the three apart.
const address = new URL(process.env.UPLIFT_NATS_URL ?? 'nats://127.0.0.1:4222');
const { host, username: user, password: pass } = address;
const client = ClientProxyFactory.create({
  transport: Transport.NATS,
  options: { servers: [host], user, pass },
});

const sent = headers();
sent.set('Idempotency-Key', key);
const record = new NatsRecordBuilder({ instanceId, reason: 'security release' })
  .setHeaders(sent)
  .build();

try {
  // What is refused is thrown: a problem document with `code`, `detail` and `status`.
  const answer = client.send('uplift.cmd.v1.upgrade.trigger', record).pipe(timeout(5_000));
  console.log(JSON.stringify(await firstValueFrom(answer)));
} finally {
  await client.close();
}

import type { INestApplicationContext } from '@nestjs/common';
import type { CommandApiRuntime } from './command-api.settings';
import { EventTail } from './events/event-tail';
import { HealthCallbackToken } from './instances/health-callback-token';

export function addReadiness(
  app: INestApplicationContext,
  { health, logger }: CommandApiRuntime,
): void {
  const tail = app.get(EventTail);
  health.addReadiness('event store', () => tail.reason);
  if (app.get(HealthCallbackToken).isOpen) {
    logger.warn('health callbacks are open to everybody: UPLIFT_HEALTH_CALLBACK_TOKEN is not set');
  }
}

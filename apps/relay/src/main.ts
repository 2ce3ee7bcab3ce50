import { runService } from '@uplift/runtime';
import { RELAY_SETTINGS, RelayModule } from './relay.module';

void runService({
  name: 'uplift-relay',
  settings: RELAY_SETTINGS,
  module: (runtime) => RelayModule.for(runtime),
});

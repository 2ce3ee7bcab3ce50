import { runService } from '@uplift/runtime';
import { relay } from './relay.module';

void runService(relay());

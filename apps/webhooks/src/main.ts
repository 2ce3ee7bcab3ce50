import { runService } from '@uplift/runtime';
import { webhooks } from './webhooks.module';

void runService(webhooks());

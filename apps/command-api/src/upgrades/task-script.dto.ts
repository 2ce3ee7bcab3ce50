import { TextField } from '../input/fields';
import type { Form } from '../input/exclusive-forms';

const SERVICE_NAME = /^[a-z0-9][a-z0-9-]*$/;

/** A command in a pod of a service, or a task that is registered in Lagoon. */
export const SCRIPT_FORMS: readonly Form[] = [['service', 'command'], ['registeredTask']];

export class TaskScriptDto {
  @TextField({
    description: 'Service of the environment that runs the command',
    maxLength: 63,
    pattern: SERVICE_NAME,
    rule: 'a service name of a-z, 0-9 and "-"',
    optional: true,
  })
  readonly service?: string;

  @TextField({
    description: 'Command of the Lagoon task; must hold no secret',
    maxLength: 2_000,
    pattern: /^[^\0]+$/,
    rule: 'a command',
    optional: true,
  })
  readonly command?: string;

  @TextField({
    description: 'Name of a task that is registered in Lagoon, instead of a command',
    maxLength: 100,
    pattern: /^[^\p{Cc}]+$/u,
    rule: 'one line of text',
    optional: true,
  })
  readonly registeredTask?: string;
}

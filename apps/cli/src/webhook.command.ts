import {
  DEFAULT_OVERLAP_HOURS,
  DELIVERY_STATES,
  LONGEST_OVERLAP_HOURS,
  MOST_DELIVERIES_SHOWN,
  WEBHOOK_EVENT_TYPES,
  WEBHOOK_FORMATS,
} from '@uplift/contracts';
import { labelsInWords } from '@uplift/domain';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Answer } from './api-client';
import type { CliContext } from './cli-context';
import { CommandFailure, EXIT } from './exit-code';
import { labelOption } from './label-option';

interface CreateOptions {
  readonly url: string;
  readonly format: string;
  readonly event?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
  readonly description: string;
  readonly key?: string;
}

interface DeliveriesOptions {
  readonly state?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface ReplayOptions {
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
}

const pathOf = (webhookId: string, ...rest: readonly string[]) =>
  ['/v1/webhooks', encodeURIComponent(webhookId), ...rest].join('/');

export function webhookCommand(context: CliContext): Command {
  return new Command('webhook')
    .description('events that are sent on to other systems')
    .addCommand(createCommand(context))
    .addCommand(listCommand(context))
    .addCommand(deleteCommand(context))
    .addCommand(deliveriesCommand(context))
    .addCommand(replayCommand(context))
    .addCommand(rotateCommand(context))
    .addCommand(testCommand(context));
}

function createCommand(context: CliContext): Command {
  return new Command('create')
    .description('create a webhook: its secret is shown this once')
    .requiredOption('--url <address>', 'where to: https, a name that leads to public addresses')
    .addOption(
      new Option('--format <format>', 'what is sent').choices(WEBHOOK_FORMATS).default('polydock'),
    )
    .addOption(
      new Option('--event <types...>', 'only events of these types').choices(WEBHOOK_EVENT_TYPES),
    )
    .addOption(labelOption('only of instances with this label, and with every other that is given'))
    .requiredOption('--description <text>', 'what it is for; no names of people')
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async ({ url, format, event, label, description, key }: CreateOptions) => {
      const limits = {
        ...(event === undefined ? {} : { events: event }),
        ...(label === undefined ? {} : { labels: label }),
      };
      const body = { url, format, ...limits, description };
      const document = await context.command<Answer<'webhookCreated'>>('/v1/webhooks', body, key);
      const { webhook, secret } = document;
      const { webhookId } = webhook;
      context.printer.print({ document, rows: [{ webhookId, url, format, secret }] });
      if (secret !== null) return;
      context.printer.say(
        `This key was used before, and a secret is shown once: uplift webhook rotate-secret ${webhookId}`,
      );
    });
}

function listCommand(context: CliContext): Command {
  return new Command('list').description('webhooks, without their secrets').action(async () => {
    const document = await context.read<Answer<'webhookList'>>('/v1/webhooks');
    const rows = document.items.map(({ events, labels, createdBy: _, ...webhook }) => ({
      ...webhook,
      events: events === null ? 'all' : events.join(' '),
      labels: labelsInWords(labels),
    }));
    context.printer.print({ document, rows });
  });
}

function deleteCommand(context: CliContext): Command {
  return new Command('delete')
    .description('delete a webhook with all its deliveries')
    .argument('<webhook>', 'webhook id')
    .action(async (id: string) => {
      const request = { method: 'DELETE' } as const;
      const document = await context.api.json<Answer<'webhookDeleted'>>(pathOf(id), request);
      context.printer.print({ document, rows: [{ ...document }] });
    });
}

function deliveriesCommand(context: CliContext): Command {
  return new Command('deliveries')
    .description('what became of each delivery, newest first')
    .argument('<webhook>', 'webhook id')
    .addOption(new Option('--state <state>', 'only in this state').choices(DELIVERY_STATES))
    .addOption(
      new Option('--limit <n>', 'how many')
        .argParser(wholeNumberUpTo(MOST_DELIVERIES_SHOWN, 1))
        .default(50),
    )
    .option('--cursor <cursor>', 'nextCursor of the page before')
    .action(async (id: string, { state, limit, cursor }: DeliveriesOptions) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (state !== undefined) query.set('state', state);
      if (cursor !== undefined) query.set('cursor', cursor);
      const path = `${pathOf(id, 'deliveries')}?${query.toString()}`;
      const document = await context.read<Answer<'webhookDeliveries'>>(path);
      context.printer.print({ document, rows: document.items.map((each) => ({ ...each })) });
      if (document.nextCursor === null) return;
      context.printer.say(`There are more: --cursor ${document.nextCursor}`);
    });
}

function replayCommand(context: CliContext): Command {
  return new Command('replay')
    .description('make deliveries again, under their ids: all that failed, or that of one event')
    .argument('<webhook>', 'webhook id')
    .option('--event <id>', 'only that of this event, whatever became of it')
    .option('--since <time>', 'only of events from then on, such as 2026-03-01T10:00:00Z')
    .option('--until <time>', 'only of events until then')
    .action(async (id: string, { event, since, until }: ReplayOptions) => {
      const body = {
        ...(event === undefined ? {} : { eventId: event }),
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      };
      const document = await context.command<Answer<'webhookReplay'>>(pathOf(id, 'replay'), body);
      context.printer.print({ document, rows: [{ ...document }] });
    });
}

function rotateCommand(context: CliContext): Command {
  return new Command('rotate-secret')
    .description('give a webhook another secret: it is shown this once')
    .argument('<webhook>', 'webhook id')
    .addOption(
      new Option('--overlap-hours <n>', 'how long the one before signs as well')
        .argParser(wholeNumberUpTo(LONGEST_OVERLAP_HOURS, 0))
        .default(DEFAULT_OVERLAP_HOURS),
    )
    .action(async (id: string, { overlapHours }: { readonly overlapHours: number }) => {
      const path = pathOf(id, 'rotate-secret');
      const document = await context.command<Answer<'webhookSecret'>>(path, { overlapHours });
      context.printer.print({ document, rows: [{ ...document }] });
    });
}

function testCommand(context: CliContext): Command {
  return new Command('test')
    .description('call a webhook once, now, with a test; fails unless the answer is good')
    .argument('<webhook>', 'webhook id')
    .action(async (id: string) => {
      const document = await context.command<Answer<'webhookTest'>>(pathOf(id, 'test'), {});
      context.printer.print({ document, rows: [{ ...document }] });
      if (!document.delivered) throw new CommandFailure(EXIT.failed, document.detail);
    });
}

function wholeNumberUpTo(most: number, least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    const isGood = text.trim() !== '' && Number.isInteger(number);
    if (isGood && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

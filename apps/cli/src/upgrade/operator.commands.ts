import type { UpgradeStage } from '@uplift/domain';
import { UPGRADE_STAGES, UPGRADE_STRATEGIES } from '@uplift/domain';
import { Command, Option } from 'commander';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { upgradePath } from '../instance.command';
import { failedUpgrades, retryAll } from './bulk-retry';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import type { UpgradeCommandAnswer } from './watch-upgrade';
import { printAnswer, AIMS, waitForUpgrade } from './watch-upgrade';

interface CommonOptions {
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

interface RetryOptions extends CommonOptions, TargetOptions {
  readonly from?: UpgradeStage;
  readonly redeploy?: boolean;
  readonly strategy?: string;
}

interface BulkOptions extends RetryOptions {
  readonly failed?: boolean;
  readonly reasonClass?: string;
  readonly expect?: number;
}

interface ResolveOptions extends CommonOptions {
  readonly adopt?: string;
  readonly notLanded?: boolean;
}

/** The key of each upgrade is made from it: with the id of the upgrade it must be short enough for a key. */
const LONGEST_BULK_KEY = 200;

/** Commands on one upgrade: `uplift upgrade <verb> <instance> <upgrade> --reason <text>`. */
export function operatorCommands(context: CliContext): readonly Command[] {
  const plain = (name: string, description: string) => simpleCommand(context, name, description);
  return [
    retryCommand(context),
    plain('abandon', 'accept the instance as it is: verify its health, then it is back in service'),
    resolveCommand(context),
    plain('redrive', 'offer the stage that does not get on to its worker again'),
    plain('rollback', 'upgrade to what was deployed before this upgrade'),
    prioritizeCommand(context),
    plain('cancel', 'stop an upgrade before its deployment is complete'),
  ];
}

function onUpgrade(name: string, description: string): Command {
  return withCommonOptions(new Command(name).description(description))
    .argument('<instance>', 'instance id')
    .argument('<upgrade>', 'upgrade id');
}

function withCommonOptions(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--key <key>', 'idempotency key; made up if left out')
    .option('--wait', 'follow the upgrade to its end')
    .option('--timeout <seconds>', 'give up waiting after this long', '43200');
}

function simpleCommand(context: CliContext, name: string, description: string): Command {
  return onUpgrade(name, description).action(
    async (instanceId: string, upgradeId: string, options: CommonOptions) => {
      const { reason } = options;
      await send(context, upgradePath(instanceId, upgradeId, name), { reason }, options);
    },
  );
}

function resolveCommand(context: CliContext): Command {
  return onUpgrade('resolve', 'say what became of a call whose outcome is not known')
    .addOption(
      new Option('--adopt <build>', 'this build is ours: go on with it').conflicts('notLanded'),
    )
    .option('--not-landed', 'the call took no effect; refused while it may still land')
    .action(async (instanceId: string, upgradeId: string, options: ResolveOptions) => {
      const { adopt, notLanded, reason } = options;
      if (adopt === undefined && !notLanded) {
        throw new CommandFailure(EXIT.usage, 'resolve takes --adopt <build> or --not-landed');
      }
      const path = upgradePath(instanceId, upgradeId, 'resolve');
      await send(context, path, { reason, adopt, notLanded }, options);
    });
}

function prioritizeCommand(context: CliContext): Command {
  return onUpgrade('prioritize', 'let a waiting upgrade pass the queue')
    .addOption(priorityOption().default('urgent'))
    .action(
      async (
        instanceId: string,
        upgradeId: string,
        { priority, ...options }: CommonOptions & { readonly priority: string },
      ) => {
        const path = upgradePath(instanceId, upgradeId, 'prioritize');
        await send(context, path, { reason: options.reason, priority }, options);
      },
    );
}

export function priorityOption(): Option {
  return new Option('--priority <priority>', 'urgent passes the admission queue').choices([
    'urgent',
  ]);
}

/** One upgrade that is named, or all failed ones of one class. */
function retryCommand(context: CliContext): Command {
  const command = withCommonOptions(
    new Command('retry').description('try again what failed: one upgrade, or with --failed many'),
  )
    .argument('[instance]', 'instance id')
    .argument('[upgrade]', 'upgrade id')
    .addOption(
      new Option('--from <stage>', 'else the earliest stage that is not complete').choices(
        UPGRADE_STAGES,
      ),
    )
    .option('--redeploy', 'deploy again what is deployed already')
    .option('--strategy <name>', `${UPGRADE_STRATEGIES.join(', ')}; a change of the plan`)
    .option(
      '--failed',
      'every instance whose last upgrade failed, with --reason-class and --expect',
    )
    .option('--reason-class <class>', 'with --failed: only failures of this class')
    .option('--expect <n>', 'with --failed: how many there must be', Number)
    .action(
      (instanceId: string | undefined, upgradeId: string | undefined, options: BulkOptions) => {
        const body = retryBody(options);
        if (options.failed) return bulkRetry(context, [instanceId, upgradeId], options);
        if (instanceId === undefined || upgradeId === undefined) {
          throw new CommandFailure(EXIT.usage, 'name <instance> and <upgrade>, or use --failed');
        }
        return send(context, upgradePath(instanceId, upgradeId, 'retry'), body, options);
      },
    );
  targetOptions().forEach((option) => command.addOption(option));
  return command;
}

function retryBody(options: RetryOptions): object {
  const { reason, from, redeploy, strategy } = options;
  return { reason, from, redeploy, strategy, ...targetOf(options) };
}

async function bulkRetry(
  context: CliContext,
  named: readonly unknown[],
  options: BulkOptions,
): Promise<void> {
  const { reasonClass, expect, key = context.randomness.uuid(), wait } = options;
  const isUsable = named.every((each) => each === undefined) && wait === undefined;
  if (!isUsable || reasonClass === undefined || !Number.isInteger(expect)) {
    const words = '--failed takes --reason-class and --expect <n>, and neither ids nor --wait';
    throw new CommandFailure(EXIT.usage, words);
  }
  if (key.length > LONGEST_BULK_KEY) {
    throw new CommandFailure(EXIT.usage, `--key takes ${LONGEST_BULK_KEY} characters at most here`);
  }
  const upgrades = await failedUpgrades(context, reasonClass);
  if (upgrades.length !== expect) {
    const words = `${upgrades.length} failed upgrades of class ${reasonClass}, not ${expect}: nothing was sent`;
    throw new CommandFailure(EXIT.refused, words);
  }
  await retryAll(context, upgrades, { body: retryBody(options), key });
}

async function send(
  context: CliContext,
  path: string,
  body: object,
  { key, wait, timeout }: CommonOptions,
): Promise<void> {
  const document = await context.command<UpgradeCommandAnswer>(path, body, key);
  if (!wait) return printAnswer(context, document);
  await waitForUpgrade(context, document, Number(timeout), AIMS[path.split('/').at(-1) ?? '']);
}

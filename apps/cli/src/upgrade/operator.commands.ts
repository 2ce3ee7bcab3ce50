import type { UpgradeStage } from '@uplift/domain';
import { REASON_CLASS_NAMES, UPGRADE_STAGES } from '@uplift/domain';
import { Command, Option } from 'commander';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { upgradePath } from '../instance.command';
import { instanceArgument, upgradeArgument, upgradeOf } from '../instance-reference';
import { keyOption, reasonOption, strategyOption, timeoutOption, wholeNumber } from '../options';
import { failedUpgrades, retryAll } from './bulk-retry';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import type { UpgradeCommandAnswer } from './watch-upgrade';
import { printAnswer, AIMS, waitForUpgrade } from './watch-upgrade';

interface CommonOptions {
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: number;
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
const MOST_EXPECTED = 1_000_000;

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
    .addArgument(instanceArgument())
    .addArgument(upgradeArgument());
}

function withCommonOptions(command: Command): Command {
  return command
    .addOption(reasonOption())
    .addOption(keyOption())
    .option('--wait', 'follow the upgrade to its end')
    .addOption(timeoutOption());
}

function simpleCommand(context: CliContext, name: string, description: string): Command {
  return onUpgrade(name, description).action(
    async (instance: string, upgradeId: string | undefined, options: CommonOptions) => {
      const { reason } = options;
      await send(context, { instance, upgradeId, verb: name }, { reason }, options);
    },
  );
}

function resolveCommand(context: CliContext): Command {
  return onUpgrade('resolve', 'say what became of a call whose outcome is not known')
    .addOption(
      new Option('--adopt <build>', 'this build is ours: go on with it').conflicts('notLanded'),
    )
    .option('--not-landed', 'the call took no effect; refused while it may still land')
    .action(async (instance: string, upgradeId: string | undefined, options: ResolveOptions) => {
      const { adopt, notLanded, reason } = options;
      if (adopt === undefined && !notLanded) {
        throw new CommandFailure(EXIT.usage, 'resolve takes --adopt <build> or --not-landed');
      }
      const asked = { instance, upgradeId, verb: 'resolve' };
      await send(context, asked, { reason, adopt, notLanded }, options);
    });
}

function prioritizeCommand(context: CliContext): Command {
  return onUpgrade('prioritize', 'let a waiting upgrade pass the queue')
    .addOption(priorityOption().default('urgent'))
    .action(
      async (
        instance: string,
        upgradeId: string | undefined,
        { priority, ...options }: CommonOptions & { readonly priority: string },
      ) => {
        const asked = { instance, upgradeId, verb: 'prioritize' };
        await send(context, asked, { reason: options.reason, priority }, options);
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
    .addArgument(instanceArgument('[instance]'))
    .addArgument(upgradeArgument())
    .addOption(
      new Option('--from <stage>', 'else the earliest stage that is not complete').choices(
        UPGRADE_STAGES,
      ),
    )
    .option('--redeploy', 'deploy again what is deployed already')
    .addOption(strategyOption('a change of the plan'))
    .option(
      '--failed',
      'every instance whose last upgrade failed, with --reason-class and --expect',
    )
    .addOption(
      new Option('--reason-class <class>', 'with --failed: only failures of this class').choices(
        REASON_CLASS_NAMES,
      ),
    )
    .addOption(
      new Option('--expect <n>', 'with --failed: how many there must be').argParser(
        wholeNumber(0, MOST_EXPECTED),
      ),
    )
    .action((instance: string | undefined, upgradeId: string | undefined, options: BulkOptions) => {
      const body = retryBody(options);
      if (options.failed) return bulkRetry(context, [instance, upgradeId], options);
      if (instance === undefined) {
        throw new CommandFailure(EXIT.usage, 'name an <instance>, or use --failed');
      }
      return send(context, { instance, upgradeId, verb: 'retry' }, body, options);
    });
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
  if (!isUsable || reasonClass === undefined || expect === undefined) {
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

interface Asked {
  /** As it was named. */
  readonly instance: string;
  readonly upgradeId: string | undefined;
  readonly verb: string;
}

async function send(
  context: CliContext,
  asked: Asked,
  body: object,
  { key, wait, timeout }: CommonOptions,
): Promise<void> {
  const { instanceId, upgradeId } = await upgradeOf(context, asked.instance, asked.upgradeId);
  const path = upgradePath(instanceId, upgradeId, asked.verb);
  const document = await context.command<UpgradeCommandAnswer>(path, body, key);
  if (!wait) return printAnswer(context, document);
  await waitForUpgrade(context, document, timeout, AIMS[asked.verb]);
}

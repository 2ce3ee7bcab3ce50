/** Every subject Uplift uses on the bus. Last token of an event subject: the id of its stream. */
export const EVENTS_STREAM = 'UPLIFT_EVENTS';
export const EVENT_SUBJECT_ROOT = 'uplift.evt.v1';
export const COMMAND_SUBJECT_ROOT = 'uplift.cmd.v1';
export const QUERY_SUBJECT_ROOT = 'uplift.qry.v1';
/** Between the command API and the service that keeps webhooks: nobody else asks there. */
export const WEBHOOK_SUBJECT_ROOT = 'uplift.hook.v1';

export const COMMAND_SUBJECTS = {
  registerInstance: 'uplift.cmd.v1.instance.register',
  updateInstance: 'uplift.cmd.v1.instance.update',
  claimInstance: 'uplift.cmd.v1.instance.claim',
  unclaimInstance: 'uplift.cmd.v1.instance.unclaim',
  deregisterInstance: 'uplift.cmd.v1.instance.deregister',
  reportHealth: 'uplift.cmd.v1.instance.report-health',
  triggerUpgrade: 'uplift.cmd.v1.upgrade.trigger',
  cancelUpgrade: 'uplift.cmd.v1.upgrade.cancel',
  retryUpgrade: 'uplift.cmd.v1.upgrade.retry',
  abandonUpgrade: 'uplift.cmd.v1.upgrade.abandon',
  resolveOutcome: 'uplift.cmd.v1.upgrade.resolve',
  redriveStage: 'uplift.cmd.v1.upgrade.redrive',
  rollBackUpgrade: 'uplift.cmd.v1.upgrade.rollback',
  prioritizeUpgrade: 'uplift.cmd.v1.upgrade.prioritize',
  parkInstance: 'uplift.cmd.v1.instance.park',
  unparkInstance: 'uplift.cmd.v1.instance.unpark',
  stopStarts: 'uplift.cmd.v1.system.stop-starts',
  allowStarts: 'uplift.cmd.v1.system.allow-starts',
  acceptStore: 'uplift.cmd.v1.system.accept-store',
  closeFinding: 'uplift.cmd.v1.system.close-finding',
} as const;

/** About webhooks, which are settings of an installation and no part of the history. */
export const WEBHOOK_COMMAND_SUBJECTS = {
  createWebhook: 'uplift.cmd.v1.webhook.create',
  listWebhooks: 'uplift.cmd.v1.webhook.list',
  deleteWebhook: 'uplift.cmd.v1.webhook.delete',
  listWebhookDeliveries: 'uplift.cmd.v1.webhook.deliveries',
  replayWebhook: 'uplift.cmd.v1.webhook.replay',
  rotateWebhookSecret: 'uplift.cmd.v1.webhook.rotate-secret',
  testWebhook: 'uplift.cmd.v1.webhook.test',
} as const;

/** All that is asked for under `COMMAND_SUBJECT_ROOT`. */
export const BUS_COMMAND_SUBJECTS = { ...COMMAND_SUBJECTS, ...WEBHOOK_COMMAND_SUBJECTS } as const;

/** A caller that knows only the command's plain name gets an answer too. */
export const COMMAND_ALIASES = { trigger_upgrade: COMMAND_SUBJECTS.triggerUpgrade } as const;

export const QUERY_SUBJECTS = {
  instanceGet: 'uplift.qry.v1.instance.get',
  instanceList: 'uplift.qry.v1.instance.list',
  instanceStats: 'uplift.qry.v1.instance.stats',
  instanceTimeline: 'uplift.qry.v1.instance.timeline',
  upgradeGet: 'uplift.qry.v1.upgrade.get',
  upgradeList: 'uplift.qry.v1.upgrade.list',
  systemStatus: 'uplift.qry.v1.system.status',
  systemFindings: 'uplift.qry.v1.system.findings',
} as const;

/** `UpgradeRequested` → `upgrade-requested`. */
export function eventNameOf(eventType: string): string {
  return eventType.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

/** `instance-<uuid>` is cut at the first dash, as the event store does for categories. */
export function splitStreamName(stream: string): { category: string; id: string } {
  const dash = stream.indexOf('-');
  return dash < 0
    ? { category: stream, id: stream }
    : { category: stream.slice(0, dash), id: stream.slice(dash + 1) };
}

/** All events of one type, whatever their stream: what a worker consumes. */
export function eventTypeFilter(category: string, eventType: string): string {
  return `${EVENT_SUBJECT_ROOT}.${category}.${eventNameOf(eventType)}.*`;
}

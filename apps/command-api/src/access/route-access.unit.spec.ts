import { Controller, Get, Post } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { COMMAND_ALIASES, BUS_COMMAND_SUBJECTS } from '@uplift/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessPage } from '../pages/access-page';
import { everyRoute } from '../pages/open-api-file';
import { Needs, Public, refuseUndeclared, routesIn } from './route-access';

@Controller('v1')
class Forgetful {
  @Needs('instances:read')
  @Get('things')
  declared() {
    return {};
  }

  @Public('why not')
  @Post(['one', 'two'])
  open() {
    return {};
  }

  @Get('things/:id')
  forgotten() {
    return {};
  }

  @MessagePattern('uplift.cmd.v1.thing.forget')
  forgottenToo() {
    return {};
  }
}

describe('the routes of a service', () => {
  it('are found whatever the transport, with what each needs', () => {
    const scope = { kind: 'scope', scope: 'instances:read', limits: 'refused' };
    const open = { kind: 'public', why: 'why not' };
    expect(routesIn([Forgetful])).toEqual([
      { transport: 'http', name: 'GET /v1/things', access: scope },
      { transport: 'http', name: 'GET /v1/things/:id', access: undefined },
      { transport: 'http', name: 'POST /v1/one', access: open },
      { transport: 'http', name: 'POST /v1/two', access: open },
      { transport: 'nats', name: 'uplift.cmd.v1.thing.forget', access: undefined },
    ]);
  });

  it('keep it from starting when one of them says nothing', () => {
    expect(() => refuseUndeclared(routesIn([Forgetful]))).toThrow(
      'Routes without @Needs, @NeedsIdentity, @NeedsInstanceToken or @Public: GET /v1/things/:id, uplift.cmd.v1.thing.forget',
    );
  });

  it('say all of them what they need, and only pages and health nothing', () => {
    const routes = everyRoute();
    expect(() => refuseUndeclared(routes)).not.toThrow();
    const subjects = routes.filter(({ transport }) => transport === 'nats').map(({ name }) => name);
    const told = [...Object.values(BUS_COMMAND_SUBJECTS), ...Object.keys(COMMAND_ALIASES)];
    expect(subjects.sort()).toEqual(told.sort());
    const open = routes.filter(({ access }) => access?.kind === 'public').map(({ name }) => name);
    expect(open).toEqual([
      'GET /',
      'GET /asyncapi',
      'GET /docs',
      'GET /docs/reference.js',
      'GET /docs/start.js',
      'GET /health/live',
      'GET /health/ready',
      'GET /openapi.json',
      'GET /problems',
      'GET /reasons',
    ]);
    const own = routes.filter(({ access }) => access?.kind === 'instance').map(({ name }) => name);
    expect(own).toEqual([
      'GET /api/instance/:uuid/health/:status',
      'POST /api/instance/:uuid/health/:status',
    ]);
  });

  it('stand in docs/access-routes.md as they are', () => {
    const page = join(__dirname, '../../../../docs/access-routes.md');
    expect(readFileSync(page, 'utf8')).toBe(accessPage(everyRoute()));
  });

  it('let a limited token to what is about instances, and to nothing else', () => {
    const refusing = everyRoute().filter(
      ({ access }) => access?.kind === 'scope' && access.limits === 'refused',
    );
    expect(refusing.map(({ name }) => name)).toEqual([
      'DELETE /v1/webhooks/:id',
      'GET /metrics',
      'GET /v1/actors',
      'GET /v1/actors/:id',
      'GET /v1/webhooks',
      'GET /v1/webhooks/:id/deliveries',
      'POST /v1/actors/:id/erase',
      'POST /v1/system/accept-store',
      'POST /v1/system/allow-starts',
      'POST /v1/system/findings/:id/close',
      'POST /v1/system/stop-starts',
      'POST /v1/webhooks',
      'POST /v1/webhooks/:id/replay',
      'POST /v1/webhooks/:id/rotate-secret',
      'POST /v1/webhooks/:id/test',
      'uplift.cmd.v1.system.accept-store',
      'uplift.cmd.v1.system.allow-starts',
      'uplift.cmd.v1.system.close-finding',
      'uplift.cmd.v1.system.stop-starts',
      'uplift.cmd.v1.webhook.create',
      'uplift.cmd.v1.webhook.delete',
      'uplift.cmd.v1.webhook.deliveries',
      'uplift.cmd.v1.webhook.list',
      'uplift.cmd.v1.webhook.replay',
      'uplift.cmd.v1.webhook.rotate-secret',
      'uplift.cmd.v1.webhook.test',
    ]);
  });

  it('change nothing without a scope to write or to operate', () => {
    const changing = everyRoute().filter(
      ({ transport, name }) => transport === 'nats' || name.startsWith('POST /v1'),
    );
    const scopes = changing.map(({ access }) => access?.kind === 'scope' && access.scope);
    expect(new Set(scopes)).toEqual(new Set(['instances:write', 'system:operate']));
  });
});

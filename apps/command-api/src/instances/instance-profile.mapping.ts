import type { InstanceCommandData, InstanceProfile } from '@uplift/domain';
import { isInstanceStatus } from '@uplift/domain';
import { refusal } from '../problems/problem';
import { planOf, scriptOf } from '../upgrades/upgrade-target.mapping';
import type { RegistrationDto } from './register-instance.dto';

/** The domain's words for what a caller registers, with every default filled in. */
export function registrationOf(dto: RegistrationDto): InstanceCommandData['RegisterInstance'] {
  const { status, labels = {} } = dto;
  if (!isInstanceStatus(status)) throw refusal('invalid-input', `${status} is not a status`);
  return { profile: profileOf(dto), labels, status };
}

function profileOf(dto: RegistrationDto): InstanceProfile {
  const { project, projectId = null, environment, core = 'default', app, upgrade } = dto;
  const { path = '/', acceptStatuses = [] } = dto.healthProbe ?? {};
  const { preUpgrade, postUpgrade } = dto.scripts ?? {};
  return {
    project,
    projectId,
    environment,
    core,
    app,
    scripts: { preUpgrade: scriptOf(preUpgrade), postUpgrade: scriptOf(postUpgrade) },
    healthProbe: { path, acceptStatuses },
    ...(upgrade === undefined ? {} : { upgrade: planOf(upgrade) }),
  };
}

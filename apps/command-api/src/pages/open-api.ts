import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { CancelUpgradeOfInstanceDto } from '../upgrades/cancel-upgrade.dto';
import { TriggerUpgradeOfInstanceDto } from '../upgrades/trigger-upgrade.dto';
import { ReportHealthOfInstanceDto } from '../instances/report-health.dto';
import { ImportedInstanceDto } from '../instances/register-instance.dto';
import { ProblemDto } from '../problems/problem.dto';

const ABOUT =
  'In-place upgrades of live app instances hosted on Lagoon. Every change is an event; every error is a problem document (RFC 9457). The same commands are taken on the bus, with the same bodies.';

/** The published description of the HTTP door, made from the code that answers. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Uplift')
    .setDescription(ABOUT)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  return SwaggerModule.createDocument(app, options, {
    extraModels: [
      ProblemDto,
      ImportedInstanceDto,
      ReportHealthOfInstanceDto,
      TriggerUpgradeOfInstanceDto,
      CancelUpgradeOfInstanceDto,
    ],
    operationIdFactory: operationId,
  });
}

/** One endpoint per controller, so its name says it; the callback has two. */
function operationId(controller: string, method: string): string {
  const name = controller.charAt(0).toLowerCase() + controller.slice(1).replace('Controller', '');
  return method === 'byPost' ? `${name}ByPost` : name;
}

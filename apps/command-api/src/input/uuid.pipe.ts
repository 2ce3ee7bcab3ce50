import type { PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { refusal } from '../problems/problem';
import { isUuid } from './fields';

/** A path parameter that names an instance or an upgrade. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const id = value.toLowerCase();
    if (isUuid(id)) return id;
    throw refusal('invalid-input', 'The id in the path must be a UUID', {
      errors: [{ pointer: '/id', detail: 'must be a UUID' }],
    });
  }
}

import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { refusal } from '../problems/problem';
import { isUuid } from './fields';

/** A path parameter that names an instance or an upgrade. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data = 'id' }: ArgumentMetadata): string {
    return readUuid(value, data);
  }
}

/** All parameters of a path, each the name of something. */
@Injectable()
export class UuidPathPipe implements PipeTransform<
  Readonly<Record<string, string>>,
  Readonly<Record<string, string>>
> {
  transform(path: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(path).map(([name, value]) => [name, readUuid(value, name)]),
    );
  }
}

function readUuid(value: string, name: string): string {
  const id = value.toLowerCase();
  if (isUuid(id)) return id;
  throw refusal('invalid-input', 'The id in the path must be a UUID', {
    errors: [{ pointer: `/${name}`, detail: 'must be a UUID' }],
  });
}

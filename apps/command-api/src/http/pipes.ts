import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { refusal } from '@uplift/contracts';
import { isUuid } from '../input/fields';
import type { DtoType } from '../input/read-dto';
import { readDto } from '../input/read-dto';
import { UnreadBody } from './request-bodies';

/** Reads a body or query as the DTO class that the parameter declares. */
@Injectable()
export class DtoPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if (metatype === undefined) throw new TypeError('A validated parameter declares a DTO class');
    if (value instanceof Readable || value instanceof UnreadBody) {
      throw refusal('unsupported-media-type', 'Send the body as application/json');
    }
    const plain: unknown = type === 'query' ? { ...(value as object) } : value;
    return readDto(metatype as DtoType<object>, plain);
  }
}

/** A path parameter that names an instance or an upgrade. */
@Injectable()
export class UuidPipe implements PipeTransform<string, string> {
  transform(value: string, { data = 'id' }: ArgumentMetadata): string {
    return readUuid(value, data);
  }
}

type Path = Readonly<Record<string, string>>;

/** All parameters of a path, each the name of something. */
@Injectable()
export class UuidPathPipe implements PipeTransform<Path, Path> {
  transform(path: Path): Path {
    const ids = Object.entries(path).map(([name, value]) => [name, readUuid(value, name)]);
    return Object.fromEntries(ids) as Path;
  }
}

function readUuid(value: string, name: string): string {
  const id = value.toLowerCase();
  if (isUuid(id)) return id;
  throw refusal('invalid-input', 'The id in the path must be a UUID', {
    errors: [{ pointer: `/${name}`, detail: 'must be a UUID' }],
  });
}
